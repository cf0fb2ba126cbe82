// The control API, as any program uses it. Nothing on this page is known or done in another way.

const BASE = "/_vidmock";
const TOKEN = "vidmock-token";

// What `path` answers, as JSON. A change has a method and perhaps a body. Raises Error: what the API says is wrong.
export async function ask(path, { method = "GET", body, raw } = {}) {
  const answer = await send(path, { method, body });
  if (raw) return answer;
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

export const get = (path) => ask(path);
export const post = (path, body) => ask(path, { method: "POST", body });
export const put = (path, body) => ask(path, { method: "PUT", body });
export const remove = (path) => ask(path, { method: "DELETE" });

// The address of `path`, for an element that loads it by itself; by a blob where only a token lets one in.
export async function source(path) {
  if (!sessionStorage.getItem(TOKEN)) return BASE + path;
  return URL.createObjectURL(await (await send(path, { method: "GET" })).blob());
}

async function send(path, { method, body, signal, headers = {} }) {
  const sent = { "x-vidmock": "page", ...headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token) sent["x-vidmock-token"] = token;
  if (body !== undefined) sent["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers: sent, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is vidmock serve still running?");
  }
  if (answer.ok) return answer;
  const said = await answer.text();
  if (answer.status === 403 && /token/.test(said) && !token) return withToken(path, { method, body, signal, headers });
  throw Object.assign(new Error(words(said)), { status: answer.status, said });
}

async function withToken(path, options) {
  const token = prompt("This server asks other machines for its control token (vidmock serve prints it):");
  if (!token) throw new Error("The control API needs its token: vidmock serve prints it.");
  sessionStorage.setItem(TOKEN, token.trim());
  return send(path, options);
}

function words(said) {
  try {
    const { error, where } = JSON.parse(said);
    return where ? `${error} (${where})` : error;
  } catch {
    return said || "The server answered with an error.";
  }
}

// The id of the newest event that was heard.
let last = "";

// Reads server-sent events from `path` until `signal`, and begins behind the last one that was heard here. `heard(kind, data)`
// is called with each, `state(text)` with "live" and "reconnecting".
export async function listen(path, { heard, state, signal }) {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const answer = await send(path, { method: "GET", signal, headers: last ? { "last-event-id": last } : {} });
      state("live");
      failures = 0;
      for await (const event of events(answer.body)) {
        if (event.id) last = event.id;
        heard(event.kind, event.data ? JSON.parse(event.data) : null);
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    state("reconnecting");
    await new Promise((done) => setTimeout(done, Math.min(5000, 250 * 2 ** failures)));
  }
}

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = { kind: "message", data: "", id: "" };
      for (const line of block.split("\n")) {
        const [name, ...more] = line.split(": ");
        if (name === "event") event.kind = more.join(": ");
        if (name === "data") event.data += more.join(": ");
        if (name === "id") event.id = more.join(": ");
      }
      if (event.data || event.kind !== "message") yield event;
    }
  }
}
