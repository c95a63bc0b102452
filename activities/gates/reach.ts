import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that answer only to the machine they are asked from: the worker's own ports, and the metadata services of clouds, which
 * give out the credentials of the node.
 */
const local = new BlockList();
local.addSubnet('0.0.0.0', 8, 'ipv4');
local.addSubnet('127.0.0.0', 8, 'ipv4');
local.addSubnet('169.254.0.0', 16, 'ipv4');
local.addAddress('100.100.100.200', 'ipv4');
local.addAddress('192.0.0.192', 'ipv4');
local.addAddress('::', 'ipv6');
local.addAddress('::1', 'ipv6');
local.addSubnet('fe80::', 10, 'ipv6');
local.addAddress('fd00:ec2::254', 'ipv6');
// The same through NAT64.
local.addSubnet('64:ff9b::7f00:0', 104, 'ipv6');
local.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

/** A name that leads to an address which gates may not ask. */
export class LocalAddressError extends Error {
  constructor(address: string) {
    super(`${address} is a loopback or link-local address, which gates may not ask; see NODEWAVE_GATES_LOCAL`);
    this.name = 'LocalAddressError';
  }
}

/** Whether the address is of this machine or its link. IPv4 inside of IPv6 counts as what it is. */
export function isLocal(address: string): boolean {
  const [bare = ''] = address.split('%');
  const family = isIP(bare);
  return family === 0 ? false : local.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/** Why this host of an address may not be asked; a name is looked at when it is resolved, see `guardedLookup`. */
export function hostProblem(hostname: string): LocalAddressError | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isLocal(bare) ? new LocalAddressError(bare) : undefined;
}

/**
 * The system's look-up of names, which fails with LocalAddressError when one of the addresses is local. What is checked here is what is
 * connected to: a name that resolves to something else a moment later does not get past.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const refused = addresses?.find(({ address }) => isLocal(address));
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) callback(error ?? new Error(`${hostname} has no address`), []);
    else if (refused !== undefined) callback(new LocalAddressError(refused.address), []);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
