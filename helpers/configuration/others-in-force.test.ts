import { expect, test } from "vitest";
import { type InfoOfOthers, othersInForce } from "./others-in-force.ts";

/** As `docker info` of Engine 28.5.2 has it, with a mirror and an insecure registry. */
const INFO: InfoOfOthers = {
  LoggingDriver: "json-file",
  Driver: "overlay2",
  DefaultRuntime: "runc",
  SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
  RegistryConfig: {
    Mirrors: ["https://mirror.example.org/"],
    InsecureRegistryCIDRs: ["127.0.0.0/8"],
    IndexConfigs: { "docker.io": { Secure: true }, "registry.example.org:5000": { Secure: false } },
  },
};

test("a key is in force where the engine tells what the file asks for", () => {
  const file = {
    "log-driver": "json-file",
    "storage-driver": "overlay2",
    "default-runtime": "runc",
    "registry-mirrors": ["https://Mirror.example.org"],
    "insecure-registries": ["http://registry.example.org:5000", "127.0.0.0/8"],
  };
  expect(Object.values(othersInForce(file, INFO))).toEqual([true, true, true, true, true]);
});

test("a key is not in force where the engine tells another value", () => {
  const file = {
    "log-driver": "journald",
    "storage-driver": "btrfs",
    "default-runtime": "runsc",
    "registry-mirrors": ["https://mirror.example.org", "https://other.example.org"],
    "insecure-registries": ["10.0.0.0/8"],
    "userns-remap": "default",
  };
  expect(othersInForce(file, INFO)).toEqual(Object.fromEntries(Object.keys(file).map((key) => [key, false])));
});

test("what is not asked for, not told or no value of the key says nothing", () => {
  expect(othersInForce({}, INFO)).toEqual({});
  expect(othersInForce({ "log-driver": "", "registry-mirrors": [], "insecure-registries": [1] }, INFO)).toEqual({});
  expect(othersInForce({ "log-driver": "local", "registry-mirrors": ["https://a"], "userns-remap": "x" }, {})).toEqual(
    {},
  );
});

test("the image store of containerd calls overlay2 overlayfs", () => {
  expect(othersInForce({ "storage-driver": "overlay2" }, { Driver: "overlayfs" })).toEqual({ "storage-driver": true });
});
