import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseReference, IMAGE_ROLES, IMAGE_SOURCES, imageSettings, pullReference } from "./image-choice.ts";

const none = imageSettings({});

describe("settings", () => {
  test("empty variables count as not set", () => {
    expect(imageSettings({ DNC_BUSYBOX_IMAGE: " ", DNC_REGISTRY_MIRROR: "" })).toEqual({ exact: {}, mirror: "" });
  });

  test("an exact reference is pulled as it is, past the mirror", () => {
    const digest = `busybox@sha256:${"a".repeat(64)}`;
    const settings = imageSettings({ DNC_BUSYBOX_IMAGE: digest, DNC_REGISTRY_MIRROR: "mirror.example:5000/" });
    expect(pullReference("busybox", settings)).toBe(digest);
    expect(pullReference("nginx", settings)).toBe("mirror.example:5000/library/nginx:1.28");
  });

  test("without a mirror the default comes from Docker Hub", () => {
    expect(pullReference("busybox", none)).toBe("docker.io/library/busybox:1.37");
  });
});

describe("choosing among the engine's images", () => {
  test.each([
    { has: ["busybox:latest", "busybox:1.37"], takes: "busybox:1.37" },
    { has: ["busybox:1.36.1", "busybox:latest"], takes: "busybox:latest" },
    { has: ["busybox:1.9", "busybox:1.36", "busybox:1.36.1"], takes: "busybox:1.36.1" },
    { has: ["busybox:musl", IMAGE_SOURCES.busybox.assembled], takes: IMAGE_SOURCES.busybox.assembled },
    { has: [IMAGE_SOURCES.busybox.assembled, "busybox:1.36"], takes: "busybox:1.36" },
    { has: ["busybox:intranet"], takes: undefined },
    { has: [], takes: undefined },
  ])("of $has it takes $takes", ({ has, takes }) => {
    expect(chooseReference("busybox", has, none)).toBe(takes);
  });

  test("the mirror's image comes before Docker Hub's", () => {
    const settings = imageSettings({ DNC_REGISTRY_MIRROR: "mirror.example:5000" });
    const has = ["nginx:1.28", "mirror.example:5000/library/nginx:1.27"];
    expect(chooseReference("nginx", has, settings)).toBe("mirror.example:5000/library/nginx:1.27");
  });

  test("the choice is one of those there, of the right role, whatever their order", () => {
    const tag = fc.oneof(
      fc.constantFrom("latest", "stable", "mainline", "1.37", "1.28", "alpine", "assembled"),
      fc.tuple(fc.nat(3), fc.nat(40), fc.nat(12)).map((parts) => parts.join(".")),
    );
    const repository = fc.constantFrom("busybox", "nginx", "site/nginx", "docker-network-conformance/nginx");
    const available = fc.uniqueArray(fc.tuple(repository, tag).map((parts) => parts.join(":")));
    fc.assert(
      fc.property(fc.constantFrom(...IMAGE_ROLES), available, (role, has) => {
        const chosen = chooseReference(role, has, none);
        expect(chooseReference(role, has.toReversed(), none)).toBe(chosen);
        if (chosen === undefined) return;
        expect(has).toContain(chosen);
        expect(chosen === IMAGE_SOURCES[role].assembled || chosen.startsWith(`${role}:`)).toBe(true);
      }),
    );
  });
});
