import { at, firstOf, ofType, type Synthesised, statementsOf, textOf } from './template.ts'

/** What a function may do, as `service:Action` on what: tables and streams by their names in the account. */
export function grantsOf({ template, stage }: Synthesised, name: string): string[] {
  const [, lambda] = ofType(template, 'AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties.FunctionName === stage.prefix + name,
  ) ?? ['', firstOf(template, 'none')]
  const role = textOf(at(lambda.Properties, 'Role')).replace(/^<|\.Arn>$/g, '')
  return statementsOf(template)
    .filter((statement) => statement.role === role)
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${named(resource)}`)),
    )
    .toSorted()

  function named(resource: string): string {
    // A topic: the region and the account in front of it are any.
    if (resource.includes(':iot:')) return resource.slice(resource.indexOf('topic/'))
    if (/:(athena|glue|states):/.test(resource))
      return resource.replace(/^.*:<AWS::AccountId>:/, '').replace(stage.prefix, '')
    const [, id = '', rest = ''] = /^<(\w+)\.(?:Arn|StreamArn)>(.*)$/.exec(resource) ?? []
    const { TableName, Name, LogGroupName } = template.Resources[id]?.Properties ?? {}
    // A bucket's name is CloudFormation's to choose: it is told by its construct.
    const own = String(TableName ?? Name ?? LogGroupName ?? id.replace(/[0-9A-F]{8}$/, ''))
    return own.replace(stage.prefix, '') + rest
  }
}
