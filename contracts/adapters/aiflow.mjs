// @eachlabs/aiflow, as it is: vidmock check --command "node aiflow.mjs" --provider eachlabs --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import Each from "@eachlabs/aiflow";

async function generate(call) {
  const { prediction } = new Each({ auth: call.api_key, apiBaseUrl: call.base_url });
  let job;
  try {
    job = (await prediction.create({ model: call.model, version: "0.0.1", input: call.input })).predictionID;
    for (const ends = Date.now() + 1000 * call.deadline; Date.now() < ends; ) {
      await new Promise((done) => setTimeout(done, 1000));
      const told = await prediction.get(job);
      const { status, output, metrics } = told;
      if (status === "success" && output) return { job, videos: [output].flat(), cost: metrics?.cost };
      if (["success", "error", "failed", "cancelled"].includes(status)) return { error: { type: status, text: JSON.stringify(told), job } };
    }
    await prediction.cancel(job);
    return { error: { text: "no result in time", job } };
  } catch (error) {
    return { error: { type: error.name, text: error.message, job } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call)) })}`);
}
