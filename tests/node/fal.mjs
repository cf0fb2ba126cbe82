// Drives @fal-ai/client against a mock: `node fal.mjs BASE_URL SCENARIO`. Prints its findings as one line of JSON.
import { ApiError, ValidationError, createFalClient } from "@fal-ai/client";

const [base, scenario] = process.argv.slice(2);
const MODEL = "fal-ai/kling-video/o1/reference-to-video";
const GOOD = { prompt: "a red kite over dunes", duration: "5", aspect_ratio: "16:9" };
const BAD = { prompt: "a red kite over dunes", duration: 5 };
const HOSTS = { "https://queue.fal.run": `${base}/fal/queue`, "https://fal.run": `${base}/fal/run` };

const clientOf = (credentials) =>
  createFalClient({
    credentials,
    requestMiddleware: async (request) => {
      const { origin } = new URL(request.url);
      return { ...request, url: request.url.replace(origin, HOSTS[origin]) };
    },
  });

const caught = async (call) => {
  try {
    return { result: await call() };
  } catch (error) {
    return {
      kind: error.constructor === ValidationError ? "ValidationError" : error.constructor === ApiError ? "ApiError" : error.name,
      message: error.message,
      status: error.status,
      body: error.body,
      requestId: error.requestId,
      durationErrors: error.getFieldErrors?.("duration"),
    };
  }
};

const fal = clientOf("fal-js-key");
const scenarios = {
  async subscribe() {
    const updates = [];
    const enqueued = [];
    const { data, requestId } = await fal.subscribe(MODEL, {
      input: GOOD,
      logs: true,
      pollInterval: 1,
      onEnqueue: (id) => enqueued.push(id),
      onQueueUpdate: ({ status, logs }) => updates.push({ status, logs: logs?.map(({ message }) => message) ?? null }),
    });
    return { data, requestId, enqueued, updates };
  },
  async queue() {
    const submitted = await fal.queue.submit(MODEL, { input: GOOD });
    const requestId = submitted.request_id;
    const statuses = [submitted.status];
    while (statuses.at(-1) !== "COMPLETED") {
      statuses.push((await fal.queue.status(MODEL, { requestId, logs: false })).status);
    }
    const { data } = await fal.queue.result(MODEL, { requestId });
    return { statuses, data, urls: [submitted.response_url, submitted.status_url, submitted.cancel_url] };
  },
  async run() {
    return (await fal.run(MODEL, { input: { ...GOOD, duration: "3", aspect_ratio: "9:16" } })).data;
  },
  async cancel() {
    const { request_id: requestId } = await fal.queue.submit(MODEL, { input: GOOD });
    await fal.queue.cancel(MODEL, { requestId });
    return {
      status: await fal.queue.status(MODEL, { requestId, logs: true }),
      result: await caught(() => fal.queue.result(MODEL, { requestId })),
      again: await caught(() => fal.queue.cancel(MODEL, { requestId })),
    };
  },
  async invalid() {
    return {
      subscribe: await caught(() => fal.subscribe(MODEL, { input: BAD, pollInterval: 1 })),
      run: await caught(() => fal.run(MODEL, { input: BAD })),
    };
  },
  async refused() {
    return caught(() => clientOf("vidmock-invalid").subscribe(MODEL, { input: GOOD }));
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
