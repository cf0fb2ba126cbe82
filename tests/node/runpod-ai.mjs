// Drives the AI SDK's RunPod provider against a mock: `node runpod-ai.mjs BASE_URL SCENARIO`. Prints one line of JSON.
import { createRunpod } from "@runpod/ai-sdk-provider";
import { experimental_generateVideo as generateVideo } from "ai";

const [base, scenario] = process.argv.slice(2);
const MODEL = `${base}/runpod/v2/kling-video-o1-r2v`;
const OPTIONS = { runpod: { images: ["https://example.com/kite.png"], pollIntervalMillis: 20 } };

// The SDK's own download refuses addresses of this machine.
const download = async ({ url }) => {
  const answer = await fetch(url);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") };
};
const generate = (more, model = createRunpod({ apiKey: "ai-key" }).video(MODEL)) =>
  generateVideo({ model, download, prompt: "a red kite over dunes", maxRetries: 0, providerOptions: OPTIONS, ...more });
const failure = (call) =>
  call().then(
    () => null,
    (error) => ({ message: error.message, status: error.statusCode, body: error.responseBody }),
  );
const found = ({ video, warnings, providerMetadata }) => ({
  type: video.mediaType,
  bytes: video.uint8Array.length,
  kind: Buffer.from(video.uint8Array.slice(4, 8)).toString(),
  warnings,
  providerMetadata,
});

const scenarios = {
  async generate() {
    return found(await generate({ duration: 3, aspectRatio: "9:16", seed: 7 }));
  },
  // A picture in the prompt becomes `image` and a resolution `size`, which this model does not have: both are dropped.
  async pictured() {
    const image = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
    return found(await generate({ prompt: { text: "a red kite", image }, resolution: "1280x720" }));
  },
  // The model by its name, and the host by way of `fetch`, which is how an app changes it in one place.
  async byName() {
    const away = (url, options) => fetch(String(url).replace("https://api.runpod.ai", `${base}/runpod`), options);
    return found(await generate({}, createRunpod({ apiKey: "ai-key", fetch: away }).video("kwaivgi/kling-video-o1-r2v")));
  },
  async failing() {
    const refused = createRunpod({ apiKey: "vidmock-invalid" }).video(MODEL);
    return {
      input: await failure(() => generate({ duration: 11 })),
      key: await failure(() => generate({}, refused)),
    };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
