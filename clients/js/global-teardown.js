// `globalTeardown` of Jest: ends the server that global-setup.js has started.

export { tearDown as default } from "./global-setup.js";
