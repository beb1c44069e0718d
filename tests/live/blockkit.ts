// What the JSON Schema for the live tests is made from, by `npm run blockkit`.
import type { HomeView, KnownBlock, ModalView } from '@slack/types';

export interface Surfaces {
  blocks?: KnownBlock[];
  view?: HomeView | ModalView;
}
