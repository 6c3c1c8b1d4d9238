// SPDX-License-Identifier: Apache-2.0
// A Node.js service whose handler does something wrong when it is asked to.
// usage: node node_faults.mjs PORT
// "fault NAME MS" is answered with the nanoseconds of CLOCK_MONOTONIC of its begin and end, "garbage"
// with those of every collection since it was asked last.
import fs from "node:fs";
import net from "node:net";
import { PerformanceObserver, performance } from "node:perf_hooks";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const now = () => process.hrtime.bigint(); // CLOCK_MONOTONIC
const cpuMilliseconds = () => process.cpuUsage().user / 1e3; // a busy machine does not lengthen it

function readConfiguration() {
  return fs.readFileSync("slow.conf", "utf8");
}

const document = JSON.stringify(Array.from({ length: 200000 }, (_, id) =>
  ({ id, name: `customer ${id}`, tags: ["a", "b"], balance: id / 7, text: "x".repeat(40) })));

function parseDocument() {
  return JSON.parse(document).length;
}

// Takes twice as long with each letter; how many are needed is found out at the start.
const evil = (letters) => "a".repeat(letters) + "b";
let letters = 16;

function matchInput(text) {
  return /^(a+)+$/.test(text);
}

function waitForWorker(length) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, length);
}

let collections = [];
const note = (entries) => {
  const zero = Number(now()) - performance.now() * 1e6;
  collections.push(...entries.map((entry) =>
    [entry.startTime, entry.startTime + entry.duration].map((at) => Math.round(zero + at * 1e6)).join(" ")));
};
const observer = new PerformanceObserver((list) => note(list.getEntries()));
observer.observe({ entryTypes: ["gc"] });

function garbage() {
  note(observer.takeRecords());
  const text = collections.join(" ");
  collections = [];
  return text;
}

const faults = {
  read: readConfiguration,
  json: parseDocument,
  regex: () => matchInput(evil(letters)),
  wait: waitForWorker,
};

for (let i = 0; i < 5; ++i) matchInput(evil(letters)); // it is compiled by now
for (let took = 0; took < 45; ++letters) {
  const begin = cpuMilliseconds();
  matchInput(evil(letters + 1));
  took = cpuMilliseconds() - begin;
}

async function answer(line) {
  const [what, name, length] = line.split(" ");
  if (what === "garbage") return garbage();
  if (what !== "fault") return line;
  if (name === "healthy") {
    await Promise.all([sleep(Number(length)), fs.promises.readFile("/etc/passwd")]);
    return line;
  }
  const begin = now();
  faults[name](Number(length));
  return `${begin} ${now()}`;
}

const server = net.createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  readline.createInterface({ input: socket }).on("line", async (line) => {
    socket.write(`${await answer(line)}\n`);
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1");
