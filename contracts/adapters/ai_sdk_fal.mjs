// @ai-sdk/fal with ai, as they are: vidmock check --command "node ai_sdk_fal.mjs" --provider fal --lacks downloads --lacks request_timeout
// --has at_once --has interrupts
import { createInterface } from "node:readline";
import { createFal } from "@ai-sdk/fal";
import { experimental_generateVideo as generateVideo } from "ai";

const HOST = "https://queue.fal.run";

async function generate(call, user) {
  const videos = [];
  let job;
  // It sends its key only to the host that it has submitted to, so addresses in answers are made that host's.
  const { origin } = new URL(call.base_url);
  const led = async (url, options) => {
    const here = String(url).replace(`${HOST}/fal-ai/`, `${call.base_url}/fal-ai/`).replace(HOST, origin);
    const answer = await fetch(here, options);
    if (options.method !== "POST") return answer;
    const away = (chunk, out) => out.enqueue(chunk.replaceAll(origin, HOST)) ?? (job ??= /requests\/([\w-]+)/.exec(chunk)?.[1]);
    const text = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({ transform: away }));
    return new Response(text.pipeThrough(new TextEncoderStream()), answer);
  };
  // Its own download refuses this machine's addresses.
  const download = async ({ url }) => videos.push(String(url)) && { data: new Uint8Array(8), mediaType: "video/mp4" };
  const { prompt, ...fal } = call.input;
  const model = createFal({ apiKey: call.api_key, fetch: led }).video(call.model);
  const abortSignal = AbortSignal.any([user, AbortSignal.timeout(1000 * call.deadline)]);
  try {
    await generateVideo({ model, prompt, providerOptions: { fal }, download, abortSignal });
    return { videos, job };
  } catch (error) {
    const text = [error.message, error.lastError?.url ?? error.url, error.responseBody].join(" ");
    return { error: { type: error.name, text, kind: user.aborted ? "interrupted" : undefined } };
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
