# SPDX-License-Identifier: Apache-2.0
"""`regatta race-profile` as a user runs it, on requests that a real asyncio program did and measured."""
import asyncio
import json
import pathlib
import time
import unittest

from regatta_command import CommandTest

SCHEMA = pathlib.Path(__file__).parents[2] / "reports/schema/service-workload.schema.json"
ITERATIONS = 20_000  # about a millisecond


def compute():
    total = 0
    for i in range(ITERATIONS):
        total += i * i
    return total


async def requests_of_one_client(samples, began, until):
    while time.monotonic() < until:
        arrival, cpu = time.monotonic_ns(), time.thread_time_ns()
        compute()
        computed = time.thread_time_ns() - cpu
        waiting = time.monotonic_ns()
        await asyncio.sleep(0.01)
        done = time.monotonic_ns()
        samples.append({"arrival_ns": arrival - began, "queue_ns": 0, "latency_ns": done - arrival,
                        "cpu_ns": computed, "bytes_in": 500, "bytes_out": 900,
                        "phases": [{"kind": "cpu", "wall_ns": waiting - arrival, "cpu_ns": computed},
                                   {"kind": "other", "wall_ns": done - waiting, "cpu_ns": 0}]})


async def service(clients, seconds):
    samples, began = [], time.monotonic_ns()
    until = time.monotonic() + seconds
    await asyncio.gather(*(requests_of_one_client(samples, began, until) for _ in range(clients)))
    return samples, (time.monotonic_ns() - began) / 1e9


def profile_of(samples, window, clients, **pool):
    shape = {"loops": 1, "loop_threads": 1, "other_threads": 0, "processes": 1, "concurrency_mean": clients}
    shape.update(pool)
    return {"report": "profile", "process": {"pid": 1, "name": "asyncio"},
            "requests": {"tier": "eBPF", "window_s": window, "pool": shape, "classes": [
                {"name": "GET /", "count": len(samples), "rate_per_s": len(samples) / window,
                 "samples": samples[:200]}]}}


class RaceProfile(CommandTest):
    def write_profile(self, clients=4, seconds=1.5, **pool):
        samples, window = asyncio.run(service(clients, seconds))
        profile = profile_of(samples, window, clients, **pool)
        (self.folder / "profile.json").write_text(json.dumps(profile))
        return profile

    def test_a_workload_file_follows_its_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        self.write_profile(seconds=0.4)
        finished = self.run_command("race-profile", "profile.json", "--predict", "--workload-file", "service.json")
        self.assertEqual(finished.code, 0, finished)
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        document = json.loads((self.folder / "service.json").read_text())
        jsonschema.validate(document, schema, jsonschema.Draft7Validator)
        del document["classes"][0]["samples"][0]["phases"][0]["kind"]
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(document, schema, jsonschema.Draft7Validator)

    def test_replays_predicts_races_and_advises(self):
        self.write_profile()
        finished = self.run_command(
            "race-profile", "profile.json", "--budget", "12s", "-b", "coroutine,coroutine+thread,thread", "--fidelity",
            "1000%", "-o", "race.json", "-o", "run=run.json", "--workload-file", "service.json")
        self.assertEqual(finished.code, 0, finished)
        found = json.loads((self.folder / "race.json").read_text())
        self.assertEqual(found["report"], "service-race")
        if found["no_advice"]:
            self.assertIn(found["no_advice"], " ".join(finished.stdout.split()))
            self.assertIsNone(found["advice"])
            self.skipTest("this machine is too busy: " + found["no_advice"])
        self.assertEqual(found["fidelity"]["backend"], "coroutine")
        self.assertGreater(found["fidelity"]["replayed_throughput"], 0)
        self.assertGreater(found["calibration"]["cpu_factor"], 0)
        self.assertEqual(sorted(each["backend"] for each in found["predictions"]),
                         ["coroutine", "coroutine+thread", "thread"])
        for prediction in found["predictions"]:
            curve = [point["throughput"] for point in prediction["curve"]]
            self.assertEqual(curve, sorted(curve))
            self.assertEqual([point["in_flight"] for point in prediction["curve"][:64]], list(range(1, 65)))
        self.assertEqual([load["name"] for load in found["loads"]],
                         ["half the load", "the load", "twice the load", "the knee"])
        self.assertIn(found["advice"]["backend"], ["coroutine", "coroutine+thread", "thread"])
        self.assertIn("advice", finished.stdout)
        self.assertTrue(found["advice"]["verify"])
        for workload in found["run"]["workloads"]:
            for cell in workload["cells"]:
                self.assertEqual(cell["outcome"], "ok", cell)
        rendered = self.run_command("report", "run.json")
        self.assertEqual(rendered.code, 0, rendered)
        again = self.run_command("race-profile", "service.json", "--predict", "-o", "predicted.json")
        self.assertEqual(again.code, 0, again)
        self.assert_nothing_runs(within=5)

    def test_a_replay_that_is_off_gives_no_advice(self):
        profile = self.write_profile(seconds=0.6)
        profile["requests"]["classes"][0]["rate_per_s"] *= 0.1  # nobody serves like that
        profile["requests"]["pool"]["concurrency_mean"] = 4
        for sample in profile["requests"]["classes"][0]["samples"]:
            sample["latency_ns"] *= 10
        (self.folder / "profile.json").write_text(json.dumps(profile))
        finished = self.run_command("race-profile", "profile.json", "--budget", "6s", "-b", "coroutine,thread", "-o",
                                    "race.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("No advice: replayed as it is, the service is off its profile by", finished.stdout)
        found = json.loads((self.folder / "race.json").read_text())
        self.assertIsNone(found["advice"])
        self.assertFalse(found["fidelity"]["good"])
        self.assertIsNone(found["run"])

    def test_predicts_without_replaying(self):
        self.write_profile(seconds=0.6)
        finished = self.run_command("race-profile", "profile.json", "--predict", "-o", "json=-")
        self.assertEqual(finished.code, 0, finished)
        found = json.loads(finished.stdout)
        (prediction,) = found["predictions"]
        self.assertEqual(prediction["backend"], "coroutine")
        request = found["request"]
        alone = request["cpu_seconds"] + request["waiting_seconds"]
        self.assertAlmostEqual(prediction["curve"][0]["throughput"] * alone, 1, places=6)
        self.assertAlmostEqual(prediction["most_throughput"] * request["cpu_seconds"], 1, places=6)

    def test_too_few_samples_are_said(self):
        profile = self.write_profile(seconds=0.3)
        del profile["requests"]["classes"][0]["samples"][5:]
        (self.folder / "profile.json").write_text(json.dumps(profile))
        finished = self.run_command("race-profile", "profile.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("5 samples of requests", finished.stdout)

    def test_bad_input_is_one_sentence(self):
        (self.folder / "empty.json").write_text("")
        (self.folder / "other.json").write_text("{}")
        (self.folder / "bare.json").write_text('{"report": "profile"}')
        for arguments, code, part in (
                (["none.json"], 1, "none.json"),
                (["empty.json"], 1, "is not JSON"),
                (["other.json"], 1, "neither a profile with requests"),
                (["bare.json"], 1, "a profile without requests"),
                (["bare.json", "--shape", "corotine"], 2, "did you mean 'coroutine'"),
                (["bare.json", "-b", "corotine"], 2, "did you mean 'coroutine'"),
                (["bare.json", "--fidelity", "much"], 2, "--fidelity"),
                (["bare.json", "--budget", "soon"], 2, "--budget takes a time")):
            with self.subTest(arguments):
                finished = self.run_command("race-profile", *arguments)
                self.assertEqual(finished.code, code, finished)
                self.assert_one_sentence(finished, part)
                self.assertEqual(finished.stdout, "")

    def test_a_workload_file_is_raced_by_run_too(self):
        self.write_profile(seconds=0.4)
        finished = self.run_command("run", "-w", "profiled-service", "--input", "profile.json", "-b",
                                    "serial,thread,process", "--budget", "4s", "--no-card", "--blocks", "2")
        self.assertEqual(finished.code, 0, finished)
        refused = self.run_command("run", "-w", "profiled-service", "--input", ".", "--budget", "2s", "--no-card")
        self.assertEqual(refused.code, 1, refused)


if __name__ == "__main__":
    unittest.main()
