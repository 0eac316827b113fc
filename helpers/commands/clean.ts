import type Dockerode from "dockerode";
import { connect } from "../engine/connect.ts";
import { findImages } from "../engine/images.ts";
import { imageText, ownImages, removeImage } from "../engine/own-images.ts";
import { sweep } from "../engine/sweep.ts";
import { sweepTracing } from "../trace/index.ts";
import { HostView } from "../vantage/host-view.ts";
import { defineCommand } from "./command.ts";
import { endWhereEngineHangs } from "./end-hanging.ts";

const ABOUT = `Removes what killed runs of this project left on the engine: containers and networks with its label, tracing
instances of its name (more than 5 minutes old), nothing else.
--all      also what belongs to runs that are still going on
--images   also the images that this project made: of the suites' containers, and of the lab's engines
Exit codes: 0 done, 2 the engine can't be reached or refuses, 64 wrong usage.`;

/** `npm run clean`. */
async function clean(evenLiving: boolean, images: boolean): Promise<void> {
  await using connection = await connect();
  endWhereEngineHangs(connection.way, () => null, "npm run clean");
  const swept = await sweep(connection.docker, { evenLiving });
  const removed = [
    ...swept.containers.map((name) => `container ${name}`),
    ...swept.networks.map((name) => `network ${name}`),
    ...(await sweepHost(connection.docker)).map((name) => `tracing instance ${name}`),
  ];
  for (const what of removed) console.log(`removed ${what}`);
  if (removed.length === 0)
    console.log("no container, no network and no tracing instance of ours was left on this engine");
  if (swept.living.length > 0)
    console.log(
      `${swept.living.length} run(s) still going on were left alone: ${swept.living.join(", ")} (npm run clean -- --all removes them too)`,
    );
  await tellImages(connection.docker, images);
}

/** What is left on the host itself; nothing where no container can look at it, for then none of ours was there either. */
async function sweepHost(docker: Dockerode): Promise<readonly string[]> {
  const [image] = await ownImages(docker);
  if (image === undefined) return [];
  const { busybox } = await findImages(docker);
  const host = await HostView.alone(docker, busybox.reference, "clean").catch(() => null);
  if (host === null) return [];
  try {
    return await sweepTracing(host);
  } finally {
    await host.close();
  }
}

/** Images stay from run to run, for they take long to make: they are told, and go only when asked for. */
async function tellImages(docker: Dockerode, remove: boolean): Promise<void> {
  const images = await ownImages(docker);
  if (!remove) {
    if (images.length > 0)
      console.log(
        `images of ours stay for the next run: ${images.map(imageText).join(", ")} (npm run clean -- --images removes them)`,
      );
    return;
  }
  for (const image of images) {
    const refusal = await removeImage(docker, image);
    console.log(refusal === null ? `removed image ${imageText(image)}` : `image ${image.reference} stays: ${refusal}`);
  }
  console.log(
    images.length === 0 ? "no image of ours was left on this engine" : "./setup makes what npm test needs again",
  );
}

export const command = defineCommand({
  usage: "npm run clean -- [--all] [--images]",
  about: ABOUT,
  options: { all: { type: "boolean" }, images: { type: "boolean" } },
  takesWords: false,
  run: async ({ all, images }) => await clean(all, images),
});
