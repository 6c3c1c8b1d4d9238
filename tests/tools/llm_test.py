# SPDX-License-Identifier: Apache-2.0
"""`regatta llm` against the mock LLM service."""
import json
import os
import re
import socket
import subprocess
import unittest

from regatta_command import CommandTest


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Llm(CommandTest):
    def serve(self, *options):
        server = self.start("mock-llm", "--ttft", "0", *options)
        self.assertTrue(server.wait_for_stderr("Ctrl-C ends it"))
        return re.search(r"http://127\.0\.0\.1:\d+", server.text_of(server.err)).group()

    def ask(self, url, *arguments, **options):
        return self.run_command("llm", "--url", url, "--model", "regatta-mock", *arguments, **options)

    def test_an_answer_goes_to_stdout_and_its_cost_to_stderr(self):
        finished = self.ask(self.serve(), "Hi", "--max-tokens", "5")
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(len(finished.stdout.split()), 5, finished)
        self.assertIn("5 out; finished by: length", finished.stderr)

    def test_a_stream_prints_the_same_answer(self):
        url = self.serve()
        whole = self.ask(url, "Hi")
        stream = self.ask(url, "Hi", "--stream")
        self.assertEqual(stream.code, 0, stream)
        self.assertEqual(stream.stdout, whole.stdout)
        self.assertIn("16 out; finished by: stop", stream.stderr)

    def test_a_batch_prints_a_line_for_each_prompt_in_order(self):
        file = self.folder / "prompts.txt"
        file.write_text("one\n\nthree\nfour\n")
        url = self.serve()
        finished = self.ask(url, "--batch", file, "--concurrency", "2")
        self.assertEqual(finished.code, 0, finished)
        lines = [json.loads(line) for line in finished.stdout.splitlines()]
        self.assertEqual([line["line"] for line in lines], [1, 3, 4])
        self.assertEqual(lines[1]["text"] + "\n", self.ask(url, "three").stdout)
        self.assertIn("3 of 3 answered", finished.stderr)

    def test_items_that_fail_are_reported_and_the_exit_code_says_so(self):
        file = self.folder / "prompts.txt"
        file.write_text("prompt\n" * 40)
        finished = self.ask(self.serve("--error-rate", "0.5"), "--batch", file, "--attempts", "1")
        self.assertEqual(finished.code, 1, finished)
        lines = [json.loads(line) for line in finished.stdout.splitlines()]
        failed = [line for line in lines if "error" in line]
        self.assertEqual(len(lines), 40)
        self.assertIn(f"{40 - len(failed)} of 40 answered", finished.stderr)
        self.assertTrue(all(line["status"] == 500 for line in failed))

    def test_no_service_is_one_sentence(self):
        url = f"http://127.0.0.1:{free_port()}"
        finished = self.ask(url, "Hi", "--attempts", "1")
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, url, "refused")

    def test_wrong_arguments_are_usage_errors(self):
        url = "http://127.0.0.1:1"
        for arguments, says in (
                ([], "needs a prompt"),
                (["Hi", "--batch", "x"], "not both"),
                (["--batch", "x", "--stream"], "--stream"),
                (["Hi", "--key-env", "NO_SUCH_KEY"], "NO_SUCH_KEY"),
                (["Hi", "--ca-file", "/nowhere.pem"], "/nowhere.pem")):
            finished = self.ask(url, *arguments)
            self.assertEqual(finished.code, 2, finished)
            self.assert_one_sentence(finished, says)
        finished = self.ask("127.0.0.1:80", "Hi")
        self.assertEqual(finished.code, 2, finished)
        self.assert_one_sentence(finished, "http://")

    def test_the_key_comes_from_the_environment_and_is_never_printed(self):
        seen = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            running = self.start("llm", "--url", url, "Hi", "--key-env", "THE_KEY", "--attempts", "1",
                                 environment=self.environment(THE_KEY="s3cret"))
            connection = listener.accept()[0]
            with connection:
                seen.append(connection.recv(65536))
                body = b'{"error":{"message":"wrong key s3cret"}}'
                connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s" %
                                   (len(body), body))
                finished = running.finish()
        self.assertIn(b"Authorization: Bearer s3cret\r\n", seen[0])
        self.assertEqual(finished.code, 1)
        self.assertNotIn("s3cret", finished.stdout + finished.stderr)

    def test_the_example_of_the_docs_streams_an_answer(self):
        url = self.serve()
        finished = subprocess.run([os.environ["LLM_EXAMPLE"], url, "regatta-mock"],
                                  capture_output=True, text=True, timeout=20, check=True)
        self.assertEqual(len(finished.stdout.split()), 16)


if __name__ == "__main__":
    unittest.main()
