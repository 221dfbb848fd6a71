import { CheckpointView } from './checkpoint-view.js'
import { MessageView } from './message-view.js'
import { ProjectView } from './project-view.js'
import { SettingView } from './setting-view.js'
import { ThreadView } from './thread-view.js'
import { TurnView } from './turn-view.js'

/** The tables that are derived from the log, parents first. */
export const readModelEntities = [ProjectView, ThreadView, TurnView, MessageView, CheckpointView, SettingView]
