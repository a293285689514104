/**
 * Values of enums that are no names: refused before graphql looks for similar ones, which takes its time with long texts.
 */
import { GraphQLError, type GraphQLSchema, isEnumType, Kind } from 'graphql';

/** Longer than any value of ours, and than anything somebody mistyped for one. */
const MAX_NAME = 100;

/** Changes the enums of the schema. */
export function boundSuggestions(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isEnumType(type)) continue;
    const refuse = (): never => {
      throw new GraphQLError(`A text of more than ${MAX_NAME} characters does not exist in "${type.name}" enum.`);
    };
    const parseValue = type.parseValue.bind(type);
    type.parseValue = (value, ...rest) =>
      typeof value === 'string' && value.length > MAX_NAME ? refuse() : parseValue(value, ...rest);
    const parseLiteral = type.parseLiteral.bind(type);
    type.parseLiteral = (node, ...rest) =>
      node.kind === Kind.STRING && node.value.length > MAX_NAME ? refuse() : parseLiteral(node, ...rest);
  }
}
