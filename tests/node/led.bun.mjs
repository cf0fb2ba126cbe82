// Asks two providers' own addresses with Bun's fetch and its WebSocket, and a host that is not emulated.
const models = await fetch("https://api.eachlabs.ai/v1/models");
console.log("fetch", models.status);
const socket = new WebSocket("wss://ws-api.runware.ai/v1");
await new Promise((done) => {
  socket.onopen = () => done(console.log("WebSocket open"));
  socket.onerror = (error) => done(console.log("WebSocket", error.message));
});
socket.close();
const refused = await fetch("https://example.com/").catch((error) => error);
console.log(refused instanceof Error ? "refused" : "let through");
process.exit(0);
