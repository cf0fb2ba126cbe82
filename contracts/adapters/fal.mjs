// @fal-ai/client, as it is: vidmock check --command "node fal.mjs" --provider fal --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import { createFalClient } from "@fal-ai/client";

async function generate(call) {
  const fal = createFalClient({
    credentials: call.api_key,
    requestMiddleware: async (request) => ({
      ...request,
      url: request.url.replace("https://queue.fal.run", call.base_url),
    }),
  });
  let job;
  const options = { input: call.input, timeout: 1000 * call.deadline, onEnqueue: (id) => (job = id) };
  try {
    const { data, requestId } = await fal.subscribe(call.model, options);
    if (!data.video?.url) return { error: { text: `no video in ${JSON.stringify(data)}`, job } };
    return { videos: [data.video.url], job: requestId };
  } catch (error) {
    return { error: { type: error.name, text: `${error.message} ${JSON.stringify(error.body)}`, job } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call)) })}`);
}
