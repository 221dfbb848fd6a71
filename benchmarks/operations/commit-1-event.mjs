import { EMMETT, HAND_WRITTEN, OURS } from '../contenders/names.mjs'
import { commitSequences } from './commit-sequence.mjs'

export const commitOneEvent = {
  name: 'commit-1',
  title: 'Commits of 1 event, one after another',
  unit: 'commits',
  databases: ['postgres', 'sqlite'],
  rivals: (stores) => commitSequences(stores, 1),
  targets: {
    postgres: [
      { text: 'at least 0.75 of hand-written SQL', of: OURS, against: HAND_WRITTEN, least: 0.75 },
      { text: 'at least 1.5 times emmett', of: OURS, against: EMMETT, least: 1.5 },
    ],
  },
}
