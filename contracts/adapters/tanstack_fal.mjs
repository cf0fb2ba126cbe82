// @tanstack/ai-fal, as it is: vidmock check --command "node tanstack_fal.mjs" --provider fal --lacks cancels --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import { generateVideo } from "@tanstack/ai";
import { falVideo } from "@tanstack/ai-fal";

async function generate(call) {
  const led = (url, options) => fetch(String(url).replace("https://queue.fal.run", call.base_url), options);
  const adapter = falVideo(call.model, { apiKey: call.api_key, fetch: led });
  const { prompt, ...modelOptions } = call.input;
  let job;
  for await (const told of generateVideo({ adapter, prompt, modelOptions, stream: true, maxDuration: 1000 * call.deadline })) {
    job ??= told.value?.jobId;
    if (told.name === "generation:result") return { videos: [told.value.url], job };
    if (told.type === "RUN_ERROR") return { error: { type: told.code, text: told.message, job } };
  }
  return { error: { text: "it told of nothing", job } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  const failed = (error) => ({ error: { type: error.name, text: error.message } });
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call).catch(failed)) })}`);
}
