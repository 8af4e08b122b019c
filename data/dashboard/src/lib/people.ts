// Whose data is kept here.

export interface Person {
  id: number;
  name: string;
  you: boolean;
  samples: number;
  keys: number;
  sessions: number;
  last_delivery_at?: string;
  /** Of somebody who was removed: until when that can be undone. */
  destroyed_at?: string;
}

export interface People {
  people: Person[];
}

/** "Robin's", "James'" */
export const owns = (name: string): string => `${name}${name.endsWith("s") ? "'" : "'s"}`;
