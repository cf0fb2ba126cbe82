// runpod-sdk, as it is: vidmock check --command "bun runpod.ts" --provider runpod --lacks downloads --lacks request_timeout
import { createInterface } from "node:readline";
import runpodSdk from "runpod-sdk";

interface Call { id: string; token: string; model: string; input: object; base_url: string; api_key: string; deadline: number }

async function generate(call: Call): Promise<object> {
  const endpoint = runpodSdk(call.api_key, { baseUrl: call.base_url }).endpoint(call.model)!;
  let job: string | undefined;
  try {
    job = (await endpoint.run({ input: call.input })).id;
    for (const ends = Date.now() + 1000 * call.deadline; Date.now() < ends; await Bun.sleep(1000)) {
      const { status, output, error } = (await endpoint.status(job)) as any;
      const video = output?.result ?? output?.video_url;
      if (status === "COMPLETED" && video) return { job, videos: [video], cost: output.cost };
      if (status === "COMPLETED") return { error: { text: `no video in ${JSON.stringify(output)}`, job } };
      if (["FAILED", "CANCELLED", "TIMED_OUT"].includes(status)) return { error: { type: status, text: String(error), job } };
    }
    await endpoint.cancel(job);
    return { error: { text: "no result in time", job } };
  } catch (error: any) {
    return { error: { type: error.name, text: `${error.message} ${JSON.stringify(error.response?.data)}`, job } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call: Call = JSON.parse(line);
  console.log(`${call.token} ${JSON.stringify({ id: call.id, ...(await generate(call)) })}`);
}
