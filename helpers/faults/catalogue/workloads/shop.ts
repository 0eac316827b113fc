import { workload } from "../shell.ts";

/** A network of an operator's own with a server on it that is published, as every lab host can have it. */
export const SHOP = ["docker network create shop", workload("shop-web", "--network shop -p 8080:80")];
export const SHOP_DEVICE = "br-$(docker network inspect -f '{{.Id}}' shop | cut -c 1-12)";
export const INSIDE_SHOP_WEB = "nsenter -t $(docker inspect -f '{{.State.Pid}}' shop-web) -n";
export const RESTART_SHOP_WEB = "docker restart -t 0 shop-web";
