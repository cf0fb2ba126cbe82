// A world of a vidmock server for tests in JavaScript: its clients' addresses, and the control API as functions.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

/** What the server says of a call that it refuses, or why there is no server. */
export class VidmockError extends Error {
  name = "VidmockError";
}

const PROGRAM = process.env.VIDMOCK_COMMAND ?? "vidmock";

/** Start a server on a free port; it ends with close(), and with this process, however that ends. */
export async function startServer({ command = PROGRAM, options = [] } = {}) {
  // The pipe to its standard input is closed with this process, also where that is killed.
  const child = spawn(command, ["serve", "--port", "0", "--until-stdin-closes", ...options], { stdio: "pipe" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const end = () => child.kill();
  process.once("exit", end);
  let said = "";
  child.stderr.on("data", (text) => (said = `${said}${text}`.slice(-2000)));
  const url = await new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new VidmockError(`${command} cannot be started (${error.message}): set VIDMOCK_COMMAND to the program, or VIDMOCK_URL to a server`)),
    );
    ended.then(() => reject(new VidmockError(`vidmock serve has ended: ${said.trim()}`)));
    // All of it is read to the end, so that the server never waits for a reader.
    createInterface({ input: child.stdout }).on("line", (line) => {
      const at = /^vidmock is at (http:\/\/\S+)/.exec(line);
      if (at) resolve(at[1]);
    });
  });
  return {
    url,
    async close() {
      process.off("exit", end);
      end();
      await ended;
    },
  };
}

/**
 * Open a world that no other test sees: a key of its own at $VIDMOCK_URL, or at a server that is started for it.
 */
export async function openWorld({ url = process.env.VIDMOCK_URL, key = `test-${randomUUID()}`, label, clock, ...server } = {}) {
  const own = url ? undefined : await startServer(server);
  const base = (url ?? own.url).replace(/\/+$/, "");

  async function call(method, path, body, query = {}) {
    const search = new URLSearchParams({ ...query, key });
    const answer = await fetch(`${base}/_vidmock${path}?${search}`, {
      method,
      headers: { "x-vidmock": "1", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) {
      let why = text;
      try {
        const said = JSON.parse(text);
        why = [said.error, said.try && `Try: ${said.try}`].filter(Boolean).join(" ");
      } catch {
        // A proxy in between answers with something else.
      }
      throw new VidmockError(`${method} ${path}: ${answer.status}: ${why}`);
    }
    return text ? JSON.parse(text) : undefined;
  }

  async function close() {
    try {
      await call("POST", "/worlds/reset");
    } finally {
      await own?.close();
    }
  }

  const world = {
    url: base,
    key,
    runpodUrl: `${base}/runpod/v2`,
    runwareUrl: `${base}/runware/v1`,
    runwareSocketUrl: `${base.replace(/^http/, "ws")}/runware/v1`,
    falQueueUrl: `${base}/fal/queue`,
    falRunUrl: `${base}/fal/run`,
    eachlabsUrl: `${base}/eachlabs/v1`,
    clock: {
      set: (mode) => call("PUT", "/clock", { mode }),
      advance: (by) => call("POST", "/clock/advance", { by }),
      next: () => call("POST", "/clock/advance", { to: "next" }),
      runUntilIdle: () => call("POST", "/clock/run-until-idle"),
    },
    faults: {
      add: (effect, rule = {}) => call("POST", "/faults", { effect, ...rule }),
      list: async () => (await call("GET", "/faults")).faults,
      clear: () => call("DELETE", "/faults"),
    },
    jobs: {
      list: async (query = {}) => (await call("GET", "/jobs", undefined, query)).jobs,
      get: (id) => call("GET", `/jobs/${encodeURIComponent(id)}`),
      outcome: (id, effect, rest = {}) => call("POST", `/jobs/${encodeURIComponent(id)}/outcome`, { effect, ...rest }),
      nextOutcome: (effect, rest = {}) => call("POST", "/jobs/next/outcome", { effect, ...rest }),
    },
    webhooks: {
      list: async () => (await call("GET", "/deliveries")).deliveries,
      redeliver: (number) => call("POST", `/deliveries/${number}/redeliver`),
    },
    exchanges: async (query = {}) => (await call("GET", "/journal", undefined, query)).exchanges,
    ledger: () => call("GET", "/ledger"),
    scenario: (name) => call("POST", "/scenario", { name }),
    environment: (command = server.command ?? PROGRAM) => environmentOf(command, base, key),
    reset: () => call("POST", "/worlds/reset"),
    close,
    [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: close,
  };
  try {
    await call("POST", "/worlds", { key, ...(label === undefined ? {} : { label }) });
    if (clock) await world.clock.set(clock);
  } catch (error) {
    await own?.close();
    throw error;
  }
  return world;
}

/** What leads a program that a test starts to the server: `vidmock env` prints it. */
async function environmentOf(command, url, key) {
  const child = spawn(command, ["env", "--shell", "json", "--url", url, "--api-key", key], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let wrong = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (wrong += text));
  const code = await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new VidmockError(`${command} cannot be started: ${error.message}`)));
    child.once("close", resolve);
  });
  if (code !== 0) throw new VidmockError(`vidmock env: ${wrong.trim()}`);
  return JSON.parse(said);
}
