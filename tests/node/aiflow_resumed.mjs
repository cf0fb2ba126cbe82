// Makes a prediction with @eachlabs/aiflow and follows it once it is told to by a line: `node aiflow_resumed.mjs BASE_URL
// WEBHOOK`. Its lines are the prediction as it was made, and as it was in the end, as JSON.
import Each from "@eachlabs/aiflow";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

// The client logs its requests.
console.log = () => {};
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const [base, webhook] = process.argv.slice(2);
const each = new Each({ auth: "any", apiBaseUrl: `${base}/eachlabs/v1` });
const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
const made = await each.prediction.create({
  model: "kling-o1-video-to-video-reference",
  version: "0.0.1",
  input: { prompt: "a kite", video_url: "https://example.com/dunes.mp4" },
  webhook_url: webhook,
});
say(made);
if ((await lines.next()).done) process.exit(1);
let seen = {};
while (seen.status !== "success") {
  seen = await each.prediction.get(made.predictionID);
  await setTimeout(100);
}
say(seen);
input.close();
