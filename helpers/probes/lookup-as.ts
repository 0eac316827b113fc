import type { Vantage } from "../model/evidence.ts";
import { parseNslookup } from "./parse/parse-nslookup.ts";
import { lookup, type Question } from "./reach.ts";

/**
 * A lookup that counts as answered only by these addresses: the name must have at least one of them, and no other of
 * their family. A provider that answers every unknown name with an address of its own is so told from the engine's
 * answer.
 *
 * The name is asked for as it stands: BusyBox `nslookup` puts the search domains of /etc/resolv.conf behind every single
 * label, though `ndots:0` there tells programs to ask for the label alone first.
 * @param addresses IPv4; AAAA records don't count
 * @param options.server asked in the place of the container's own resolver
 * @param options.search ask with the search domains behind a single label, and only so
 */
export function lookupAs(
  from: Vantage,
  name: string,
  addresses: string | readonly string[],
  options: { readonly server?: string; readonly search?: boolean } = {},
): Question {
  const absolute = name.includes(".") || options.search === true ? name : `${name}.`;
  const question = lookup(from, absolute, options.server);
  const wanted = [addresses].flat();
  return {
    text: `${question.text} as ${wanted.join(" or ")}`,
    ...(question.asked === undefined ? {} : { asked: question.asked }),
    async ask(seconds) {
      const reached = await question.ask(seconds);
      if (reached.outcome !== "replied") return reached;
      const found = new Set(
        parseNslookup(reached.answer)
          .answers.map((answer) => answer.address)
          .filter((candidate) => candidate.includes(".")),
      );
      if (found.size > 0 && [...found].every((address) => wanted.includes(address))) return reached;
      const others = found.size === 0 ? "no IPv4 address" : [...found].join(", ");
      return { ...reached, outcome: "name not found", detail: `${name} is ${others}, not ${wanted.join(" or ")}` };
    },
  };
}

/** A reverse lookup that counts as answered only by this one name. */
export function reverseLookupAs(from: Vantage, address: string, name: string): Question {
  const question = lookup(from, address);
  return {
    text: `${question.text} as ${name}`,
    ...(question.asked === undefined ? {} : { asked: question.asked }),
    async ask(seconds) {
      const reached = await question.ask(seconds);
      if (reached.outcome !== "replied") return reached;
      const found = parseNslookup(reached.answer).pointers.map((pointer) => pointer.target.replace(/\.$/, ""));
      if (found.length > 0 && found.every((target) => target === name)) return reached;
      return {
        ...reached,
        outcome: "name not found",
        detail: `${address} is called ${found.join(", ") || "nothing"}, not ${name}`,
      };
    },
  };
}
