// @fal-ai/client, as it is: vidmock check --command "node fal.mjs" --provider fal --lacks downloads --lacks request_timeout
// --has at_once --has interrupts
import { createInterface } from "node:readline";
import { createFalClient } from "@fal-ai/client";

async function generate(call, abortSignal) {
  const fal = createFalClient({
    credentials: call.api_key,
    requestMiddleware: async (request) => ({
      ...request,
      url: request.url.replace("https://queue.fal.run", call.base_url),
    }),
  });
  let job;
  const options = { input: call.input, timeout: 1000 * call.deadline, onEnqueue: (id) => (job = id), abortSignal };
  try {
    const { data, requestId } = await fal.subscribe(call.model, options);
    if (!data.video?.url) return { error: { text: `no video in ${JSON.stringify(data)}`, job } };
    return { videos: [data.video.url], job: requestId };
  } catch (error) {
    const kind = abortSignal.aborted ? "interrupted" : undefined;
    return { error: { type: error.name, text: `${error.message} ${JSON.stringify(error.body)}`, job, kind } };
  }
}

const users = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  if (call.cancel) users.get(call.cancel)?.abort();
  else {
    users.set(call.id, new AbortController());
    const tell = (answer) => console.log(`${call.token} ${JSON.stringify({ id: call.id, ...answer })}`);
    generate(call, users.get(call.id).signal).then(tell);
  }
}
