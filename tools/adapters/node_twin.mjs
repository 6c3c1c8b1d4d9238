// SPDX-License-Identifier: Apache-2.0
// Runs workloads of regatta in plain Node.js: promises, and a pool of worker_threads. Speaks the
// protocol of docs/external-backends.md on stdin and stdout: a JSON object a line.
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const approaches = { promises: "one event loop; what computes, computes on the loop",
  "worker-threads": "a pool of worker_threads over one SharedArrayBuffer" };
const now = () => process.hrtime.bigint(); // CLOCK_MONOTONIC
const say = (message) => process.stdout.write(JSON.stringify(message, (key, value) =>
  typeof value === "bigint" ? Number(value) : value) + "\n"); // exact up to 104 days of uptime

const u64 = (data, at) => Number(data.readBigUInt64LE(at));
const window = (data, at) => [u64(data, at), u64(data, at) + u64(data, at + 8)]; // begin, end
const part = (data, number) => data.subarray(...window(data, 8 + 16 * number));

// Byte-pair encoding: workloads/cpu/byte_pair.cpp.
class Tokenize {
  computes = true;
  constructor(data) {
    [this.corpus, this.windows, this.merges] = [part(data, 1), part(data, 2), new Map()];
    const slots = part(data, 0);
    for (let at = 0; at < slots.length; at += 12) {
      const [left, right, merged] = [0, 4, 8].map((i) => slots.readUInt32LE(at + i));
      if (merged !== 0) this.merges.set(left * 65536 + right, merged);
    }
  }
  static word = (() => {
    const [letter, digit, space] = ["A-Za-z\\x80-\\xff", "0-9", " \\t-\\r"];
    const words = [letter, digit, "^" + letter + digit + space].map(
      (kind) => ` [${kind}]{1,63}|[${kind}]{1,64}`);
    const spaces = `[${space}]{1,63}(?= [^${space}])|[${space}]{1,64}`;
    return new RegExp([...words, spaces].join("|"), "g");
  })();
  run(index) {
    const at = 16 * (index % (this.windows.length / 16));
    const text = this.corpus.toString("latin1", ...window(this.windows, at));
    const tokens = [];
    for (const word of text.match(Tokenize.word) ?? []) {
      const pieces = Array.from(word, (letter) => letter.charCodeAt(0));
      const look = (i) => this.merges.get(pieces[i] * 65536 + pieces[i + 1]) ?? Infinity;
      const merges = pieces.slice(1).map((_, i) => look(i));
      while (merges.length > 0) {
        let best = 0;
        for (let i = 1; i < merges.length; ++i) if (merges[i] < merges[best]) best = i;
        if (merges[best] === Infinity) break;
        pieces.splice(best, 2, merges[best]);
        merges.splice(best, 1);
        if (best < merges.length) merges[best] = look(best);
        if (best > 0) merges[best - 1] = look(best - 1);
      }
      tokens.push(...pieces);
    }
    return Buffer.from(Uint32Array.from(tokens).buffer);
  }
}

// One chat completion over HTTP: workloads/io/llm_complete.cpp.
class LlmComplete {
  computes = false;
  constructor(data, opening) {
    this.data = data;
    this.prompts = u64(data, 0) - 2;
    this.about = { model: part(data, 0).toString(), max_tokens: part(data, 1).readUInt32LE(0) };
    this.url = new URL("/v1/chat/completions", opening.endpoints.llm);
    this.client = this.url.protocol === "https:" ? https : http;
    this.agent = new this.client.Agent({ keepAlive: true });
    this.headers = { "Content-Type": "application/json" };
    if (opening.api_key) this.headers.Authorization = `Bearer ${opening.api_key}`;
  }
  run(index) {
    const content = part(this.data, 2 + (index % this.prompts)).toString();
    const messages = [{ role: "user", content }];
    const body = Buffer.from(JSON.stringify({ ...this.about, messages }));
    return new Promise((resolve, reject) => {
      const request = this.client.request(this.url, { method: "POST", agent: this.agent,
        headers: { ...this.headers, "Content-Length": body.length } }, (response) => {
        const parts = [];
        response.on("data", (bytes) => parts.push(bytes)).on("error", reject).on("end", () => {
          const status = response.statusCode;
          if (status !== 200) return reject(new Error(`the LLM answered ${status}`));
          resolve(Buffer.from(JSON.parse(Buffer.concat(parts)).choices[0].message.content));
        });
      });
      request.on("error", reject).end(body);
    });
  }
}

const workloads = { tokenize: Tokenize, "llm-complete": LlmComplete };

class Epoch {
  records = []; next = 0; start = now();
  constructor(plan) { this.plan = plan; }
  claim() {
    const { end_ns: end, items, due_ns: due, in_flight: slots, stagger_ns: stagger } = this.plan;
    const at = now();
    if (end !== undefined && at >= BigInt(end)) return undefined;
    if (this.next >= Math.min(items ?? Infinity, due?.length ?? Infinity)) return undefined;
    const sequence = this.next++;
    if (due !== undefined) return { sequence, due: BigInt(due[sequence]) };
    const first = this.start + BigInt(Math.floor(((stagger ?? 0) * sequence) / slots));
    return { sequence, due: sequence < slots && first > at ? first : at };
  }
  async slot(run) {
    for (let claimed; (claimed = this.claim()) !== undefined;) {
      const { sequence, due } = claimed;
      const wait = Number(due - now()) / 1e6;
      await (wait > 0 ? sleep(wait) : new Promise(setImmediate)); // each keeps others out else
      const record = { say: "item", sequence, began_ns: due };
      try { record.bytes = Buffer.from(await run(this.plan.first_index + sequence)); }
      catch (error) { record.error = String(error); }
      record.ended_ns = now();
      this.records.push(record);
    }
  }
  report() {
    this.records.forEach(({ bytes, ...record }) =>
      say({ ...record, answer: bytes?.toString("hex") }));
    say({ say: "epoch", items: this.next });
  }
}

class Promises {
  workers = 1;
  constructor(opening, data) {
    this.capacity = opening.in_flight;
    this.workload = new workloads[opening.workload](data, opening);
  }
  run(index) { return this.workload.run(index); }
}

class WorkerThreads {
  waiting = new Map(); turn = 0;
  constructor(opening, data, computes) {
    this.workers = computes ? os.availableParallelism() : Math.min(32, opening.in_flight);
    this.capacity = Math.min(opening.in_flight, computes ? 2 * this.workers : this.workers);
    const shared = Buffer.from(new SharedArrayBuffer(data.length));
    data.copy(shared);
    this.pool = Array.from({ length: this.workers }, () => {
      const workerData = { opening, shared: shared.buffer };
      const worker = new Worker(new URL(import.meta.url), { workerData });
      return worker.on("message", ({ id, answer, error }) => {
        const { resolve, reject } = this.waiting.get(id);
        this.waiting.delete(id);
        error === undefined ? resolve(answer) : reject(new Error(error));
      });
    });
  }
  run(index) {
    const id = this.turn++;
    this.pool[id % this.workers].postMessage({ id, index });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }
}

async function main() {
  let approach;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (message.say === "hello") {
      say({ say: "hello", protocol: 1, name: "node", runtime: `Node.js ${process.versions.node}`,
        interpreter_lock: false, approaches, workloads: Object.keys(workloads) });
    } else if (message.say === "open") {
      if (!workloads[message.workload] || !approaches[message.approach]) {
        say({ say: "unavailable", reason: `'${message.workload}' on '${message.approach}' is not ` +
          `written for Node.js; workloads are ${Object.keys(workloads).join(", ")}` });
        continue;
      }
      const data = fs.readFileSync(message.dataset);
      const kind = message.approach === "promises" ? Promises : WorkerThreads;
      approach = new kind(message, data, message.workload === "tokenize");
      say({ say: "ready", workers: approach.workers, capacity: approach.capacity });
    } else if (message.say === "epoch") {
      const epoch = new Epoch(message);
      const slots = Math.min(message.in_flight, approach.capacity);
      const run = (index) => approach.run(index);
      await Promise.all(Array.from({ length: slots }, () => epoch.slot(run)));
      epoch.report();
    } else if (message.say === "bye") break;
  }
  process.exit(0); // workers and connections, too
}

if (isMainThread) await main();
else {
  const { opening, shared } = workerData;
  const workload = new workloads[opening.workload](Buffer.from(shared), opening);
  parentPort.on("message", async ({ id, index }) => {
    const reply = { id };
    try { reply.answer = await workload.run(index); } catch (error) { reply.error = String(error); }
    parentPort.postMessage(reply);
  });
}
