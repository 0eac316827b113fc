import { sysctlKey } from "../cause/keys.ts";
import { valuesInside } from "../expectations/kernel-values.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { insideOf } from "./namespace-finding.ts";

/** The values of its own kernel that end what a container sends or gets. Who gave the container a value himself meant it. */
export function auditValues(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  const devices = container.endpoints.flatMap((endpoint) => {
    const device = nicOf(inside, endpoint)?.name;
    const families = ([4, 6] as const).filter((family) => (family === 4 ? endpoint.address : endpoint.address6) !== "");
    return device === undefined ? [] : [{ device, families }];
  });
  const given = Object.keys(container.sysctls ?? {});
  return together(
    valuesInside(inside.sysctls, devices).map(({ name, seen, right, does, ...bearing }) => {
      const key = name.slice(name.lastIndexOf("."));
      return insideOf(
        snapshot,
        container,
        {
          ...bearing,
          key: sysctlKey(name),
          expected: `${name} = ${right}`,
          observed: `${name} = ${seen}`,
          effect: `IPv${bearing.family} of ${container.name} is cut, wholly or in part.`,
          what: `In the network namespace of container ${container.name} ${name} is ${seen}: ${does}.`,
          mend: { what: "set the value back", command: `sysctl -w ${name}=${right}`, check: `sysctl ${name}` },
        },
        given.some((one) => one.endsWith(key)),
      );
    }),
  );
}
