import { isUnspecified } from "../model/address.ts";
import { ProbeFailed } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import type { Endpoint } from "./endpoint.ts";

/**
 * Where the host itself is to ask for a published container port: the host address that it is bound to, else the host's
 * own address on its uplink. Never a loopback address unless the port is bound to one: there docker-proxy answers in the
 * place of the rules that everybody else meets.
 * @param port `80/tcp`
 * @param otherwise the host address to ask at where the host has no uplink; a bridge's address will do
 */
export function publishedAt(
  endpoint: Pick<Endpoint, "label" | "bindingsOf">,
  port: string,
  facts: Pick<Facts, "host">,
  otherwise: string,
): { readonly address: string; readonly port: number } {
  const bindings = endpoint.bindingsOf(port).filter(({ HostIp }) => !HostIp.includes(":"));
  const [binding] = bindings;
  if (binding === undefined) throw new ProbeFailed(`${endpoint.label} has no IPv4 host port for ${port}`);
  const everywhere = binding.HostIp === "" || isUnspecified(binding.HostIp);
  return {
    address: everywhere ? (facts.host?.uplink?.address ?? otherwise) : binding.HostIp,
    port: Number(binding.HostPort),
  };
}
