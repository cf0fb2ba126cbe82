// @runpod/ai-sdk-provider with ai, as they are: vidmock check --command "node runpod_ai_sdk.mjs" --provider runpod --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import { createRunpod } from "@runpod/ai-sdk-provider";
import { experimental_generateVideo as generateVideo } from "ai";

async function generate(call) {
  const videos = [];
  // The SDK's own download refuses this machine's addresses.
  const download = async ({ url }) => videos.push(String(url)) && { data: new Uint8Array(8), mediaType: "video/mp4" };
  const { prompt, ...runpod } = call.input;
  const model = createRunpod({ apiKey: call.api_key }).video(`${call.base_url}/${call.model}`);
  const abortSignal = AbortSignal.timeout(1000 * call.deadline);
  try {
    const { providerMetadata } = await generateVideo({ model, prompt, providerOptions: { runpod }, download, abortSignal });
    return { videos, job: providerMetadata.runpod.jobId };
  } catch (error) {
    return { error: { type: error.name, text: [error.message, error.lastError?.url ?? error.url, error.responseBody].join(" ") } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call)) })}`);
}
