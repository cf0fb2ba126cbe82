// runpod-sdk by its call that waits: vidmock check --command "node runpod_sync.mjs" --provider runpod --lacks cancels --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import runpodSdk from "runpod-sdk";

async function generate(call) {
  const endpoint = runpodSdk(call.api_key, { baseUrl: call.base_url }).endpoint(call.model);
  try {
    const { id: job, status, output, error } = await endpoint.runSync({ input: call.input }, 1000 * call.deadline);
    const video = output?.result ?? output?.video_url;
    if (status === "COMPLETED" && video) return { job, videos: [video], cost: output.cost };
    return { error: { type: String(status), text: `${error} ${JSON.stringify(output)}`, job } };
  } catch (error) {
    return { error: { type: error.name, text: `${error.message} ${JSON.stringify(error.response?.data)}` } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call)) })}`);
}
