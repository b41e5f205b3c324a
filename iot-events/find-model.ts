/**
 * Finds the detector model in a document: the request of CreateDetectorModel, the answer of DescribeDetectorModel, a
 * CloudFormation resource or template that holds one, or the bare definition. CloudFormation's capitals are lowered.
 */
import { resolved } from './cloudformation.ts'
import { isObject, type JsonObject, shown, Untranslatable } from './model.ts'

export type Found = { body: JsonObject; name: string | null; notes: string[] }

const RESOURCE = 'AWS::IoTEvents::DetectorModel'

export function findModel(document: unknown): Found {
  if (!isObject(document))
    throw new Untranslatable([`${shown(document)} is no detector model: not an object`])
  const template = document.Resources
  if (isObject(template)) return fromTemplate(template)
  return fromDocument(document, null, [])
}

function fromTemplate(resources: JsonObject): Found {
  const models = Object.entries(resources).filter(([, one]) => isObject(one) && one.Type === RESOURCE)
  const others = Object.entries(resources).filter(([, one]) => !isObject(one) || one.Type !== RESOURCE)
  if (models.length !== 1)
    throw new Untranslatable([`the template holds ${models.length} detector models, where one is asked for`])
  const [name, resource] = models[0] as [string, JsonObject]
  const notes = others.map(
    ([id, one]) => `${id} (${isObject(one) ? one.Type : '?'}) is not part of the model`,
  )
  return fromDocument(resolved(resource, resources) as JsonObject, name, notes)
}

function fromDocument(document: JsonObject, name: string | null, notes: string[]): Found {
  const isResource = document.Type === RESOURCE
  const properties = isResource ? resolved(document.Properties, {}) : document
  const beside = Object.keys(document).filter((key) => isResource && key !== 'Type' && key !== 'Properties')
  if (beside.length > 0) notes.push(`${beside.join(', ')} of the resource is not part of the model`)
  const lowered = lowerKeys(properties)
  const described = isObject(lowered) && isObject(lowered.detectorModel) ? lowered.detectorModel : lowered
  if (!isObject(described)) throw noModel()
  const configuration = isObject(described.detectorModelConfiguration)
    ? described.detectorModelConfiguration
    : {}
  const { detectorModelConfiguration: _, ...others } = described
  const merged: JsonObject = { ...configuration, ...others }
  if (isObject(merged.detectorModelDefinition)) return { body: merged, name, notes }
  if (Array.isArray(merged.states) && 'initialStateName' in merged) {
    const { states, initialStateName, ...rest } = merged
    return { body: { ...rest, detectorModelDefinition: { states, initialStateName } }, name, notes }
  }
  throw noModel()
}

function noModel(): Untranslatable {
  return new Untranslatable(['it is no detector model: it has no detectorModelDefinition with states'])
}

/** Keys with a colon and `Ref` are CloudFormation's own functions, and what is in them is a person's. */
function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key.includes(':') || key === 'Ref'
        ? [key, inner]
        : [key.charAt(0).toLowerCase() + key.slice(1), lowerKeys(inner)],
    ),
  )
}
