import { cidr } from "../../../helpers/model/cidr.ts";
import { cite, D0 } from "../../../helpers/requirement/index.ts";

export const BIP = cite(
  "man/dockerd#--bip",
  "Use the provided CIDR notation IPv4 address for the default bridge network",
);

export const SECTION = [D0("3.3.2")];

export const needs = ["lab"] as const;

/** The tutorial's file, without its comments: an address of its own for docker0, resolvers, an MTU, and a key beside. */
export const TUTORIAL = {
  bip: "10.154.50.1/24",
  dns: ["114.114.114.114", "192.168.1.99"],
  mtu: 1400,
  "registry-mirrors": ["https://mirror.invalid"],
};

export const subnet = cidr("10.154.50.0/24");
