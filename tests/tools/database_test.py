# SPDX-License-Identifier: Apache-2.0
"""`--database` of run, crossover and gate: which database is queried, what is said when it cannot be, what is left."""
import glob
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from regatta_command import REGATTA, SMALL, CommandTest, arguments_of, all_pids, parent_of, wait_until

QUERY = ["run", "-w", "db-query", "--scale", "quick"]
CROSSOVER = ["crossover", "-w", "db-query", "--scale", "quick", "-b", "thread,coroutine", "--over",
             "in-flight", "--from", "2", "--to", "4", "--points", "2", "--budget", "4s", "-o", "x.json"]
GATE = ["gate", "--baseline", REGATTA, "--candidate", REGATTA, "-w", "db-query", "-b", "coroutine",
        "--max-pairs", "2"]


def newest_binaries():
    found = [path for path in glob.glob("/usr/lib/postgresql/*/bin")
             if os.path.exists(path + "/initdb") and int(path.split("/")[4]) >= 14]
    return max(found, key=lambda path: int(path.split("/")[4])) if found else None


BINARIES = newest_binaries()


def servers_in(directories):
    """Processes of postgres, by the directory that their command line names."""
    return [pid for pid in all_pids() if parent_of(pid) is not None
            and any(directory in " ".join(arguments_of(pid)) for directory in directories)]


class GuardedServer:
    """A PostgreSQL server on a free port of 127.0.0.1 that asks for passwords."""

    def __init__(self, password):
        user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        self.folder = tempfile.TemporaryDirectory(prefix="guarded-", dir="/tmp")
        os.chmod(self.folder.name, 0o777)
        (pathlib.Path(self.folder.name) / "password").write_text(password + "\n")
        options = dict(cwd=self.folder.name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True, **user)
        data = self.folder.name + "/data"
        subprocess.run([BINARIES + "/initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256",
                        "--pwfile", "password", "--no-sync", "--locale=C.UTF-8"], **options)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.pg_ctl = [BINARIES + "/pg_ctl", "-D", data, "-w"]
        subprocess.run([*self.pg_ctl, "start", "-l", "log", "-o",
                        f"-c listen_addresses=127.0.0.1 -c port={self.port} -c fsync=off "
                        f"-c unix_socket_directories={self.folder.name}"], **options)
        self.options = options

    def close(self):
        subprocess.run([*self.pg_ctl, "stop", "-m", "immediate"], **self.options)
        self.folder.cleanup()

    def url(self, password=None):
        secret = f":{password}" if password else ""
        return f"postgresql://owner{secret}@127.0.0.1:{self.port}/postgres"

    def schemas(self, password):
        asked = subprocess.run(
            [BINARIES + "/psql", "-At", "-c", "SELECT nspname FROM pg_namespace WHERE nspname ~ "
             "'^regatta'", self.url(password)], capture_output=True, text=True, check=True)
        return asked.stdout.split()


class Choice(CommandTest):
    def test_what_is_no_database_is_a_usage_error(self):
        for text in ("mysql", "postgresql://me:s3cret%zz@host/db"):
            for command in (QUERY, [*CROSSOVER, "-q"], [*GATE, "-q"]):
                with self.subTest(text, command=command[0]):
                    finished = self.run_command(*command, f"--database={text}")
                    self.assertEqual(finished.code, 2, finished)
                    self.assert_one_sentence(finished, "--database", "postgresql://user@host")
                    self.assertNotIn("s3cret", finished.stderr)

    def test_a_gate_of_anything_else_queries_none(self):
        finished = self.run_command("gate", "--baseline", "true", "--candidate", "true",
                                    "--database", "postgresql", "-q")
        self.assertEqual(finished.code, 2, finished)
        self.assert_one_sentence(finished, "--database is for builds of regatta")

    def test_nothing_that_queries_one(self):
        finished = self.run_command("run", "-w", "tokenize", "--database", "postgresql")
        self.assertEqual(finished.code, 2, finished)
        self.assert_one_sentence(finished, "none of these workloads queries a database")

    def test_no_server_is_said_before_anything_is_measured(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for command in (QUERY, [*CROSSOVER, "-q"], [*GATE, "-q"]):
            with self.subTest(command[0]):
                finished = self.run_command(*command, "--database",
                                            f"postgresql://me:s3cret@127.0.0.1:{port}/db", timeout=5)
                self.assertEqual(finished.code, 1, finished)
                self.assert_one_sentence(finished, "--database", str(port), "refused",
                                         "check that it runs")
                self.assertNotIn("s3cret", finished.stderr)
                self.assertEqual(list(self.folder.glob("*.json")), [])

    def test_sqlite_is_named_in_the_report(self):
        finished = self.run_command(*QUERY, "-b", "serial", *SMALL)
        self.assertEqual(finished.code, 0, finished)
        self.assertRegex(self.report()["environment"]["database"], r"^SQLite 3\.[0-9.]+, embedded$")


@unittest.skipIf(BINARIES is None, "no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql-15")
class PrivateServer(CommandTest):
    def setUp(self):
        super().setUp()
        for folder in (self.folder, self.temporary):  # for the user that the server runs as
            folder.chmod(0o711)

    def directories(self):
        """Those of private servers; other tests have theirs elsewhere."""
        return {str(path) for path in self.temporary.glob("regatta-postgresql-*")}

    def test_answers_are_right_on_every_kind_of_backend(self):
        finished = self.run_command(*QUERY, "--database", "postgresql", "-b",
                                    "serial,coroutine,coroutine-mt,thread,thread-per-item,process",
                                    "--budget", "6s", "--no-card", "--blocks", "2")
        self.assertEqual(finished.code, 0, finished)
        report = self.report()
        self.assertRegex(report["environment"]["database"], r"^PostgreSQL 1\d\.\d+, private to the run$")
        self.assertIs(report["workloads"][0]["verified"], True)
        for label, cell in self.cells(report).items():
            self.assertEqual((label, cell["outcome"], cell["failures"]), (label, "ok", 0))
        self.assertEqual(self.directories(), set())
        self.assertEqual(list(self.temporary.iterdir()), [])

    def start_measuring(self):
        running = self.start(*QUERY, "--database", "postgresql", "-b", "thread,coroutine", "--budget",
                             "60s", "--no-card", "--blocks", "100000", "--no-race")
        self.assertTrue(running.wait_for_stderr("block 1"), "it never got there")
        return running

    def test_ctrl_c_ends_the_server_and_removes_its_data(self):
        running = self.start_measuring()
        os.killpg(running.pid, signal.SIGINT)
        finished = running.finish(timeout=10)
        self.assertEqual(finished.code, 130, finished)
        self.assertEqual(self.directories(), set())

    def test_a_killed_regatta_takes_the_server_along(self):
        running = self.start_measuring()
        left = self.directories()
        self.assertEqual(len(left), 1)
        self.assertGreater(len(servers_in(left)), 0)
        running.process.kill()
        running.process.wait()
        self.assertEqual(wait_until(lambda: not servers_in(left), 5), True)
        finished = self.run_command(*QUERY, "--database", "postgresql", "-b", "serial", *SMALL)
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(self.directories(), set(), "the next run removes what was left")

    def test_a_server_that_is_killed_ends_the_cells_with_the_reason(self):
        running = self.start_measuring()
        (postmaster,) = [pid for pid in servers_in(self.directories())
                         if parent_of(pid) == running.pid]
        os.kill(postmaster, signal.SIGKILL)
        finished = running.finish(timeout=60)
        self.assertEqual(finished.code, 1, finished)
        for cell in self.cells(self.report()).values():
            self.assertEqual(cell["outcome"], "failed")
            self.assertEqual(cell["reason"],
                             f"the private PostgreSQL server (pid {postmaster}) was killed by SIGKILL")
        self.assertEqual(self.directories(), set())


@unittest.skipIf(BINARIES is None, "no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql-15")
class SomebodysServer(CommandTest):
    PASSWORD = "s3cret"

    @classmethod
    def setUpClass(cls):
        cls.server = GuardedServer(cls.PASSWORD)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def run_on(self, url, *more, environment=None):
        return self.run_command(*QUERY, "--database", url, "-b", "thread,coroutine", *SMALL, *more,
                                environment=environment)

    def test_a_wrong_password_is_one_sentence(self):
        finished = self.run_on(self.server.url("wr0ng"))
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "--database", "password authentication failed", "PGPASSWORD")
        self.assertNotIn("wr0ng", finished.stderr)

    def test_no_password_is_one_sentence(self):
        finished = self.run_on(self.server.url(), environment=self.environment(HOME="/nonexistent"))
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "--database", "no password", "~/.pgpass")

    def test_the_password_goes_nowhere_and_nothing_stays_on_the_server(self):
        outputs = [part for name in ("html", "markdown", "junit", "google-benchmark")
                   for part in ("-o", f"{name}=out.{name}")]
        for url, environment in ((self.server.url(self.PASSWORD), self.environment()),
                                 (self.server.url(), self.environment(PGPASSWORD=self.PASSWORD))):
            finished = self.run_on(url, *outputs, environment=environment)
            self.assertEqual(finished.code, 0, finished)
            self.assertNotIn(self.PASSWORD, finished.stdout + finished.stderr)
            for file in self.folder.iterdir():
                if file.is_file():
                    self.assertNotIn(self.PASSWORD.encode(), file.read_bytes(), file)
            self.assertRegex(self.report()["environment"]["database"],
                             rf"^PostgreSQL 1\d\.\d+, 127\.0\.0\.1:{self.server.port}/postgres$")
            self.assertEqual(self.server.schemas(self.PASSWORD), [])

    def test_crossover_and_gate_query_it_and_leave_nothing(self):
        for command in (CROSSOVER, GATE):
            with self.subTest(command[0]):
                finished = self.run_command(*command, "--database", self.server.url(self.PASSWORD))
                self.assertEqual(finished.code, 0, finished)
                self.assertNotIn(self.PASSWORD, finished.stdout + finished.stderr)
                for file in self.folder.glob("*.json"):
                    self.assertNotIn(self.PASSWORD, file.read_text(), file)
                self.assertEqual(self.server.schemas(self.PASSWORD), [])
        found = json.loads((self.folder / "x.json").read_text())
        self.assertTrue(all(found["points"][0]["values"].values()), found)
        (only,) = self.report("regatta-gate.json")["comparisons"]
        self.assertEqual(only["name"], "db-query on coroutine")

    def test_reports_of_different_databases_are_not_alike(self):
        self.assertEqual(self.run_on(self.server.url(self.PASSWORD), "-o", "a.json").code, 0)
        self.assertEqual(self.run_on("sqlite", "-o", "b.json").code, 0)
        finished = self.run_command("compare", "a.json", "b.json")
        self.assertRegex(finished.stdout, r"(?s)database.*PostgreSQL\s+1\d.*SQLite\s+3")


if __name__ == "__main__":
    unittest.main()
