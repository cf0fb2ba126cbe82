// @runware/sdk-js, as it is: vidmock check --command "node runware.mjs" --provider runware --lacks cancels --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import { RunwareServer } from "@runware/sdk-js";

async function generate(call) {
  const url = call.base_url.replace("http", "ws");
  const client = new RunwareServer({ apiKey: call.api_key, url, timeoutDuration: 1000 * call.deadline });
  try {
    const made = [await client.videoInference({ model: call.model, includeCost: true, ...call.input })].flat();
    const cost = made.reduce((sum, each) => sum + Math.round(100 * each.cost), 0) / 100;
    return { videos: made.map((each) => each.videoURL), job: made[0].taskUUID, cost };
  } catch (error) {
    // It rejects with an answer of the provider, with a text, or with an error.
    const { type, message, taskUUID } = { ...(error?.error ?? error), ...(typeof error === "string" ? { message: error } : {}) };
    return { error: { type: type ?? error?.name, text: String(message ?? error?.message ?? JSON.stringify(error)), job: taskUUID } };
  } finally {
    await client.disconnect();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call)) })}`);
}
