import { openWorld } from "vidmock-node";

test("another file has another world", async () => {
  const mock = await openWorld();
  expect(await mock.jobs.list()).toEqual([]);
  expect(mock.url).toBe(process.env.VIDMOCK_URL ?? mock.url);
  await mock.close();
}, 60_000);
