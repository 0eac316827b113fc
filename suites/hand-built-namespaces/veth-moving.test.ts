/**
 * The life of a veth pair whose ends move to other namespaces: each chapter goes on from where the one before ended.
 */
import "./veth-moving/pair.ts";
import "./veth-moving/one-end-moved.ts";
import "./veth-moving/addressed.ts";
import "./veth-moving/both-ends-moved.ts";
