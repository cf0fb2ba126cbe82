// Drives runpod-sdk against a mock: `node runpod.mjs BASE_URL SCENARIO`. Its last line is its findings as JSON.
import runpodSdk from "runpod-sdk";

const [base, scenario] = process.argv.slice(2);
const GOOD = { input: { prompt: "a red kite over dunes", images: ["https://example.com/kite.png"] } };
const BAD = { input: { prompt: "a red kite over dunes" } };

const endpointOf = (key, id = "kling-video-o1-r2v") => runpodSdk(key, { baseUrl: `${base}/runpod/v2` }).endpoint(id);
const refusal = (call) =>
  call().then(
    () => null,
    ({ response }) => ({ status: response.status, data: response.data }),
  );

const endpoint = endpointOf("runpod-js-key");
const scenarios = {
  async run() {
    const { id, status } = await endpoint.run(GOOD);
    const seen = [];
    while (!seen.at(-1)?.completed) seen.push(await endpoint.status(id));
    return { id, status, seen };
  },
  async runSync() {
    return endpoint.runSync(GOOD);
  },
  // The least wait is a second of the mock's, which is less than a job takes: the SDK goes on with status-sync.
  async outlasted() {
    return endpoint.runSync(GOOD, 1000);
  },
  async stream() {
    const { id } = await endpoint.run(GOOD);
    const chunks = [];
    for await (const chunk of endpoint.stream(id)) chunks.push(chunk);
    return { chunks, after: await endpoint.status(id) };
  },
  async queue() {
    const cancelled = await endpoint.run(GOOD);
    const purged = await endpoint.run(GOOD);
    return {
      health: await endpoint.health(),
      cancel: await endpoint.cancel(cancelled.id),
      after: await endpoint.status(cancelled.id),
      purge: await endpoint.purgeQueue(),
      gone: await refusal(() => endpoint.status(purged.id)),
    };
  },
  async failing() {
    return {
      job: await endpoint.runSync(BAD),
      key: await refusal(() => endpointOf("vidmock-invalid").run(GOOD)),
      endpoint: await refusal(() => endpointOf("runpod-js-key", "kling-v9").run(GOOD)),
    };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
