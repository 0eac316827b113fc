/**
 * Docker's default network, built by hand step by step: each chapter goes on from where the one before ended.
 */
import "./bridge/ports.ts";
import "./bridge/within.ts";
import "./bridge/beyond.ts";
