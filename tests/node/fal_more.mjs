// Drives what fal.mjs leaves out of @fal-ai/client: `node fal_more.mjs BASE_URL SCENARIO`. Prints one line of JSON.
import { createFalClient } from "@fal-ai/client";

const [base, scenario] = process.argv.slice(2);
const MODEL = "fal-ai/kling-video/o1/reference-to-video";
const INPUT = { prompt: "a red kite over dunes" };
const HOSTS = { "queue.fal.run": "queue", "fal.run": "run", "rest.fal.ai": "rest" };

const requestMiddleware = async (request) => {
  const { origin, hostname } = new URL(request.url);
  return { ...request, url: request.url.replace(origin, `${base}/fal/${HOSTS[hostname]}`) };
};
const direct = createFalClient({ credentials: "fal-js-key", requestMiddleware });
// As a page without a key of its own: the proxy has one.
const proxied = createFalClient({ proxyUrl: { url: `${base}/fal/proxy`, when: "always" }, suppressLocalCredentialsWarning: true });

const followed = async (fal, options) => {
  const updates = [];
  const onQueueUpdate = ({ status, logs }) => updates.push([status, (logs ?? []).map(({ message }) => message)]);
  const { data, requestId } = await fal.subscribe(MODEL, { input: INPUT, logs: true, onQueueUpdate, ...options });
  return { url: data.video.url, requestId, updates };
};
const text = async (url) => (await fetch(url)).text();

const scenarios = {
  streaming: () => followed(direct, { mode: "streaming" }),
  async token() {
    // The client mode asks for a token and sends that in the query: its fetch goes to fal's own host.
    const fetchHere = (url, init) => fetch(String(url).replace("https://queue.fal.run", `${base}/fal/queue`), init);
    const fal = createFalClient({ credentials: "fal-js-key", fetch: fetchHere, requestMiddleware });
    return followed(fal, { mode: "streaming", connectionMode: "client" });
  },
  async stream() {
    const { request_id: requestId } = await direct.queue.submit(MODEL, { input: INPUT });
    const stream = await direct.queue.streamStatus(MODEL, { requestId, logs: true });
    const seen = [];
    for await (const event of stream) seen.push(event.status);
    return { seen, last: (await stream.done()).status };
  },
  async storage() {
    const url = await direct.storage.upload(new File(["a picture"], "kite.png", { type: "image/png" }));
    const short = await direct.storage.upload(new Blob(["x"]), { lifecycle: { expiresIn: "immediate" } });
    return { url, text: await text(url), short };
  },
  async blob() {
    const picture = new Blob(["a picture"], { type: "image/png" });
    const { data } = await direct.subscribe(MODEL, { input: { prompt: "@Image1 flies", image_urls: [picture] }, pollInterval: 1 });
    return { url: data.video.url };
  },
  async parts() {
    const block = new Uint8Array(2 ** 20).map((_, n) => n % 251);
    const url = await direct.storage.upload(new Blob(Array(91).fill(block)));
    const back = new Uint8Array(await (await fetch(url)).arrayBuffer());
    return { size: back.length, same: back.every((value, n) => value === block[n % 2 ** 20]) };
  },
  proxy: () => followed(proxied, { pollInterval: 1 }),
  "proxy-streaming": () => followed(proxied, { mode: "streaming" }),
  async "proxy-storage"() {
    const url = await proxied.storage.upload(new File(["a picture"], "kite.png", { type: "image/png" }));
    return { url, text: await text(url) };
  },
  async "proxy-cancel"() {
    const { request_id: requestId } = await proxied.queue.submit(MODEL, { input: INPUT });
    await proxied.queue.cancel(MODEL, { requestId });
    return proxied.queue.status(MODEL, { requestId });
  },
  async timeout() {
    try {
      await direct.subscribe(MODEL, { input: INPUT, startTimeout: 2, pollInterval: 5 });
    } catch (error) {
      return { status: error.status, user: error.isUserTimeout, body: error.body };
    }
  },
};
console.log(JSON.stringify(await scenarios[scenario]()));
