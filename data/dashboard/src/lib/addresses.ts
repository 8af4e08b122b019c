// Where other devices find this server. The page itself may have been opened on the server's own machine, whose address
// means another machine to everybody else.

export interface Addresses {
  /** The best for a phone first. */
  addresses: { url: string; kind: string }[];
  listens_on: string;
  /** From other machines. */
  reachable: boolean;
  plain_http: boolean;
}

export const isLoopback = (url: string): boolean => /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);

/** The address of this page first when a proxy has given it another: what works here works elsewhere, too. */
export function elsewhere({ addresses }: Addresses, here = location.origin): { url: string; kind: string }[] {
  const own = addresses.some(({ url }) => url === here) || isLoopback(here) ? [] : [{ url: here, kind: "the address of this page" }];
  const far = addresses.filter(({ kind }) => kind !== "loopback");
  return [...own, ...(far.length || own.length ? far : addresses)];
}
