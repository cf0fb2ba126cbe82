// Loaded by Bun before a program that `vidmock run` starts (BUN_OPTIONS=--preload=…). Its fetch uses HTTPS_PROXY, and its
// WebSocket only a proxy that it is given.
const proxy = process.env.VIDMOCK_URL;
const Given = globalThis.WebSocket;

if (proxy) {
  globalThis.WebSocket = class WebSocket extends Given {
    constructor(url, options = {}) {
      const named = typeof options === "string" || Array.isArray(options) ? { protocols: options } : options;
      super(url, isLocal(new URL(url).hostname) ? named : { ...named, proxy });
    }
  };
}

function isLocal(host) {
  return host === "localhost" || host.endsWith(".localhost") || host.startsWith("127.") || host === "[::1]";
}
