// Drives @eachlabs/aiflow against a mock: `node aiflow.mjs BASE_URL SCENARIO`. Its last line is its findings as JSON.
import Each from "@eachlabs/aiflow";

const [base, scenario] = process.argv.slice(2);
const ORDER = { model: "kling-o1-video-to-video-reference", version: "0.0.1" };
const GOOD = { prompt: "a red kite over dunes", video_url: "https://example.com/dunes.mp4", aspect_ratio: "16:9" };
const BAD = { prompt: "a red kite over dunes", video_url: "http://localhost/dunes.mp4" };

const clientOf = (auth) => new Each({ auth, apiBaseUrl: `${base}/eachlabs/v1` });
const failure = (call) => call().then(() => null, (error) => error.message);

const each = clientOf("each-key");
const scenarios = {
  async success() {
    const created = await each.prediction.create({ ...ORDER, input: GOOD });
    const seen = [];
    while (seen.at(-1)?.status !== "success") seen.push(await each.prediction.get(created.predictionID));
    return { created, seen };
  },
  async cancel() {
    const { predictionID } = await each.prediction.create({ ...ORDER, input: GOOD });
    return {
      predictionID,
      answer: await each.prediction.cancel(predictionID),
      after: await each.prediction.get(predictionID),
    };
  },
  async failing() {
    return {
      invalid: await failure(() => each.prediction.create({ ...ORDER, input: BAD })),
      model: await failure(() => each.prediction.create({ ...ORDER, model: "kling-o2", input: GOOD })),
      id: await failure(() => each.prediction.get("00000000-0000-4000-8000-000000000000")),
      key: await failure(() => clientOf("vidmock-invalid").prediction.create({ ...ORDER, input: GOOD })),
    };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
