import type { Fault } from "../../fault.ts";
import { altered, always, instead, together } from "../alter.ts";
import { lie, NOBODY, told } from "./lie.ts";

const CONTAINERS = /^\/containers\/json$/;

const NETWORKS = /^\/networks$/;

const INFO = /^\/info$/;

/** What lists and refusals say. */
export const LIST_LIES: readonly Fault[] = [
  lie({
    id: "api-list-driver",
    breaks: "the list of networks gives another driver for every network than it has",
    to: NETWORKS,
    alter: altered("*.Driver", instead("ipvlan")),
    caughtBy: ["NETLS-05", "NETLS-06", "NETLS-07", "NETLS-11", "NETLS-13", "NETLS-14"],
    cause: told("driver"),
  }),
  lie({
    id: "api-list-scope",
    breaks: "the list of networks gives every network the scope of a swarm",
    to: NETWORKS,
    alter: altered("*.Scope", instead("swarm")),
    caughtBy: ["NETLS-08", "NETLS-11", "NETLS-14"],
    cause: told("scope"),
  }),
  lie({
    id: "api-list-predefined-missing",
    breaks: "the list of networks lacks the engine's own networks",
    comesBy: "an authorization plugin or a proxy that shows each user the own networks only",
    to: NETWORKS,
    alter: (answer) =>
      Array.isArray(answer)
        ? answer.filter(({ Name }: { Name?: string }) => !["bridge", "host", "none"].includes(Name ?? ""))
        : false,
    caughtBy: ["NETLS-01", "NETLS-02", "NETLS-03", "NETLS-05", "NETLS-06", "NETLS-07", "NETLS-08"],
    cause: told("networks?", "list"),
  }),
  lie({
    id: "api-list-created-missing",
    breaks: "the list of networks lacks what users created",
    comesBy: "an answer kept by a proxy from before they were created",
    to: NETWORKS,
    alter: (answer) =>
      Array.isArray(answer)
        ? answer.filter(({ Name }: { Name?: string }) => ["bridge", "host", "none"].includes(Name ?? ""))
        : false,
    caughtBy: ["NETLS-10", "NETLS-11", "NETLS-12", "NETLS-13", "NETLS-14"],
    cause: told("networks?", "list"),
  }),
  lie({
    id: "api-list-container-mode",
    breaks: "the list of networks has a network for the container mode",
    to: NETWORKS,
    alter: (answer) =>
      Array.isArray(answer)
        ? [...answer, { ...answer[0], Name: "container-shared", Id: NOBODY, Driver: "container", Scope: "local" }]
        : false,
    caughtBy: ["NETLS-15"],
    cause: told("networks?", "list"),
  }),
  lie({
    id: "api-list-id",
    breaks: "the list of networks gives other ids than the networks have",
    to: NETWORKS,
    alter: altered("*.Id", (old) => (typeof old === "string" ? old.split("").toReversed().join("") : old)),
    caughtBy: ["NETLS-09", "NETLS-10", "NETLS-11", "NETLS-14"],
    cause: told("ids?"),
  }),
  lie({
    id: "api-info-network-drivers",
    breaks: "docker info leaves network drivers out",
    comesBy: "an engine that was built without them",
    to: INFO,
    alter: altered("Plugins.Network", always(["bridge", "host"])),
    caughtBy: ["NETLS-16", "NETLS-16b"],
    cause: told("driver"),
  }),
  lie({
    id: "api-info-settings",
    breaks: "docker info tells address pools, live-restore and experimental features that nothing sets",
    to: INFO,
    alter: together(
      altered("LiveRestoreEnabled", always(true)),
      altered("ExperimentalBuild", always(true)),
      altered("DefaultAddressPools", always([{ Base: "10.99.0.0/16", Size: 24 }])),
    ),
    caughtBy: ["CONF-08"],
    cause: told("pools", "live-restore", "experimental"),
  }),
  lie({
    id: "api-containers-published",
    breaks: "the list of containers gives other host ports than container inspect",
    to: CONTAINERS,
    alter: altered("*.Ports.*.PublicPort", (old) => (typeof old === "number" ? old + 3 : old)),
    caughtBy: ["PORT-29"],
    cause: told("port"),
  }),
  lie({
    id: "api-containers-ports",
    breaks: "the list of containers gives a published port to every container",
    to: CONTAINERS,
    alter: altered("*.Ports", always([{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }])),
    caughtBy: ["PORT-29", "PORT-30", "PORT-31"],
    cause: told("port"),
  }),
  lie({
    id: "api-refusals-without-reason",
    breaks: "the engine's refusals don't say what they refuse",
    comesBy: "a proxy that hides an engine's words behind its own",
    to: /^/,
    refusals: true,
    alter: altered("message", instead("request refused")),
    caughtBy: ["JOIN-23", "JOIN-23b", "UDN-16b", "UDN-21", "UDN-21b", "MACVLAN-15"],
    cause: told("refus", "words"),
  }),
];
