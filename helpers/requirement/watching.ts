import { type Capture, type CapturePoint, startCapture } from "../host/capture.ts";
import type { CapturedPacket } from "../probes/parse/parse-tcpdump.ts";
import type { TopologyContext } from "../topology/context.ts";
import { HostView } from "../vantage/host-view.ts";
import { eventually } from "./eventually.ts";

/** The host that captures, as far as a capture needs it. */
type Watcher = Pick<TopologyContext, "docker" | "images" | "runId">;

/** A point of a packet's way, and the host that sees it. */
export interface WatchedPoint extends CapturePoint {
  readonly on: Watcher;
  readonly filter: string;
}

interface Watched<K extends string, T> {
  readonly value: T;
  /** Without the closing packets. */
  readonly seen: Readonly<Record<K, readonly CapturedPacket[]>>;
  /** Whether the closing packet was seen: where it was not, that nothing was seen proves nothing. */
  readonly closed: Readonly<Record<K, boolean>>;
}

class NotClosed extends Error {}

/**
 * Captures at all points while `body` sends something. tcpdump prints packets in their order, so what `body` sent is
 * complete at a point once a later packet is seen there: `body` sends one more, the closing one, and tells how it is
 * known. Where that one never comes (the point sees nothing at all) the wait has an end, and what was seen is returned.
 */
export async function watching<K extends string, T>(
  points: Readonly<Record<K, WatchedPoint>>,
  body: () => Promise<{ readonly value: T; readonly isClosing: (packet: CapturedPacket, point: K) => boolean }>,
): Promise<Watched<K, T>> {
  const keys = Object.keys(points) as K[];
  const captures = new Map<K, Capture>();
  const views = new Map<Watcher, Promise<HostView>>();
  for (const key of keys) if (!views.has(points[key].on)) views.set(points[key].on, captureView(points[key].on));
  try {
    // All settle before the first failure is told: none may come to listen after the cleanup.
    const starts = await Promise.allSettled(
      keys.map(async (key) => {
        const view = await views.get(points[key].on);
        if (view !== undefined) captures.set(key, await startCapture(view, points[key], points[key].filter));
      }),
    );
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const { value, isClosing } = await body();
    const seen = {} as Record<K, readonly CapturedPacket[]>;
    const closed = {} as Record<K, boolean>;
    await Promise.all(
      keys.map(async (key) => {
        const look = async (): Promise<void> => {
          const packets = (await captures.get(key)?.packets()) ?? [];
          seen[key] = packets.filter((packet) => !isClosing(packet, key));
          closed[key] = seen[key].length < packets.length;
          if (!closed[key]) throw new NotClosed();
        };
        await eventually(look).catch((error: unknown) => {
          if (!(error instanceof NotClosed)) throw error;
        });
      }),
    );
    return { value, seen, closed };
  } finally {
    await Promise.allSettled([...captures.values()].map((capture) => capture.stop()));
    await Promise.allSettled([...views.values()].map(async (view) => (await view).close()));
  }
}

/** A view for the time of the captures: it may run tcpdump, and neither reads files nor lists rules. */
async function captureView({ docker, images, runId }: Watcher): Promise<HostView> {
  const what = `capture-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  return await HostView.open(docker, images.busybox, runId, what, "captures");
}
