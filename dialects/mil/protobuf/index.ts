/** Core ML's files: models (`.mlmodel`) and packages (`.mlpackage`) that hold ML programs. */
export { modelOf } from "./description.ts";
export {
  type FeatureDescription,
  type FeatureType,
  type MlModel,
  type ModelDescription,
  readMlmodel,
  writeMlmodel,
} from "./model.ts";
export { type MlPackage, readMlpackage, writeMlpackage } from "./package.ts";
