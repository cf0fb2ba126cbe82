import { spawnSync } from "node:child_process";

import { openWorld } from "vidmock-node";

const MODEL = "fal-ai/kling-video/o1/reference-to-video";
let mock;

beforeAll(async () => {
  mock = await openWorld({ clock: "manual", label: "the jobs' file" });
}, 60_000);
beforeEach(() => mock.reset());
afterAll(() => mock.close());

async function submit(extra = "") {
  const answer = await fetch(`${mock.falQueueUrl}/${MODEL}${extra}`, {
    method: "POST",
    headers: { authorization: `Key ${mock.key}`, "content-type": "application/json" },
    body: JSON.stringify({ prompt: "a kite over dunes" }),
  });
  return answer.json();
}

test("a job ends on the mock's clock", async () => {
  await mock.clock.set("manual");
  const { request_id } = await submit();
  expect((await mock.jobs.list()).map((job) => job.state)).toEqual(["queued"]);
  await mock.clock.advance("15m");
  expect((await mock.jobs.get(request_id)).state).toBe("succeeded");
  const { total, labels } = await mock.ledger();
  expect([total.charged, labels.map((one) => one.label)]).toEqual(["0.56", ["the jobs' file"]]);
});

test("an answer that is lost was charged", async () => {
  await mock.faults.add("lost", { phase: "after", times: 1 });
  await expect(submit()).rejects.toThrow();
  expect(await mock.jobs.list()).toHaveLength(1);
});

test("a job fails as it is told to", async () => {
  await mock.clock.set("manual");
  await mock.jobs.nextOutcome("fail");
  const { request_id } = await submit();
  await mock.clock.runUntilIdle();
  expect((await mock.jobs.get(request_id)).state).toBe("failed");
});

test("a webhook that nobody takes is listed with its attempts", async () => {
  await mock.clock.set("manual");
  await submit("?fal_webhook=http://127.0.0.1:9/hook");
  await mock.clock.advance("1m");
  const [delivery] = await mock.webhooks.list();
  expect(delivery.attempts.length).toBeGreaterThan(0);
});

test("a program that a test starts is led by the world's environment", async () => {
  const env = { ...process.env, ...(await mock.environment()) };
  const program = `fetch("https://queue.fal.run/${MODEL}", { method: "POST",
    headers: { authorization: "Key " + process.env.FAL_KEY, "content-type": "application/json" },
    body: '{"prompt": "a kite"}' }).then((answer) => process.exit(answer.ok ? 0 : 1))`;
  const done = spawnSync(process.execPath, ["-e", program], { env, encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([0, ""]);
  expect(await mock.jobs.list()).toHaveLength(1);
});

test("what the server refuses says what to write", async () => {
  await expect(mock.faults.add("edge_pag")).rejects.toThrow("Did you mean 'edge_page'?");
});
