"""Questions to pydantic models, and models made at run time."""

from __future__ import annotations

import inspect
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar, cast

from pydantic import VERSION, BaseModel, model_validator

from ferrule.runnables.inference import object_model, root_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic.fields import FieldInfo

__all__ = [
    "IS_PYDANTIC_V1",
    "IS_PYDANTIC_V2",
    "PYDANTIC_MAJOR_VERSION",
    "PYDANTIC_MINOR_VERSION",
    "PydanticBaseModel",
    "TBaseModel",
    "TypeBaseModel",
    "create_model",
    "get_fields",
    "get_pydantic_major_version",
    "is_basemodel_instance",
    "is_basemodel_subclass",
    "is_pydantic_v2_subclass",
    "model_json_schema",
    "model_validate",
    "pre_init",
]

PYDANTIC_MAJOR_VERSION, PYDANTIC_MINOR_VERSION = map(int, VERSION.split(".")[:2])
IS_PYDANTIC_V1 = False
IS_PYDANTIC_V2 = True

PydanticBaseModel: TypeAlias = BaseModel
"""A model; ferrule takes those of pydantic 2 only."""

TypeBaseModel: TypeAlias = type[BaseModel]
TBaseModel = TypeVar("TBaseModel", bound=BaseModel)


def get_pydantic_major_version() -> int:
    """Return the first number of pydantic's version."""
    return PYDANTIC_MAJOR_VERSION


def is_basemodel_subclass(cls: Any) -> TypeGuard[type[BaseModel]]:
    """Whether something is a model class; `list[int]` and the like are not."""
    is_class = inspect.isclass(cls) and not isinstance(cls, GenericAlias)
    return is_class and issubclass(cls, BaseModel)


def is_pydantic_v2_subclass(cls: type) -> TypeGuard[type[BaseModel]]:
    """Whether a class is a model class."""
    return issubclass(cls, BaseModel)


def is_basemodel_instance(obj: Any) -> TypeGuard[BaseModel]:
    """Whether something is an instance of a model class."""
    return isinstance(obj, BaseModel)


def get_fields(model: type[BaseModel] | BaseModel) -> dict[str, FieldInfo]:
    """Return the fields of a model class, or of a model's class, by name.

    Raises:
        TypeError: If it is no model.
    """
    return _model_class(model if isinstance(model, type) else type(model)).model_fields


def model_json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a model class.

    Raises:
        TypeError: If it is no model class.
    """
    return _model_class(model).model_json_schema()


def model_validate(model: type[TBaseModel], obj: Any) -> TBaseModel:
    """Make a model of data.

    Raises:
        TypeError: If it is no model class.
        ValidationError: If the data does not fit.
    """
    return _model_class(model).model_validate(obj)


def create_model(
    model_name: str, module_name: str | None = None, /, **field_definitions: Any
) -> type[BaseModel]:
    """Make a model class.

    Args:
        model_name: Name of the class and title of its schema.
        module_name: Module that the class says it is from.
        **field_definitions: Name to `(type, default)`, `...` as the default if there is none.
            `__root__`, on its own, makes the model of one value. Names that pydantic cannot
            have for fields are kept as aliases.

    Raises:
        ValueError: If there are other fields beside `__root__`.

    Example:
        >>> point = create_model("Point", x=(int, ...), y=(int, 0))
        >>> point(x=1).model_dump()
        {'x': 1, 'y': 0}
    """
    module = module_name or __name__
    if "__root__" not in field_definitions:
        return object_model(model_name, field_definitions, module)
    root = field_definitions.pop("__root__")
    if field_definitions:
        msg = f"A model with __root__ has no other fields; drop {', '.join(field_definitions)}."
        raise ValueError(msg)
    annotation, default = root if isinstance(root, tuple) else (root, ...)
    return root_model(model_name, annotation, module, default)


def pre_init(
    func: Callable[[Any, dict[str, Any]], dict[str, Any]],
) -> Callable[[Any, dict[str, Any]], dict[str, Any]]:
    """Make a method of a model class prepare the values before they are checked.

    The method gets the class and the values, with the defaults of what is not given filled in,
    and returns the values.

    Example:
        >>> class Greeting(BaseModel):
        ...     name: str = "Ada"
        ...     text: str = ""
        ...     @pre_init
        ...     def write(cls, values):
        ...         return {**values, "text": f"Hello {values['name']}"}
        >>> Greeting().text
        'Hello Ada'
    """

    def prepare(cls: type[BaseModel], values: Any) -> Any:
        # Pydantic also hands over instances of the model, which are ready.
        return func(cls, _with_defaults(cls, values)) if isinstance(values, dict) else values

    method: Any = classmethod(prepare)
    prepared: Any = model_validator(mode="before")(method)
    return cast("Callable[[Any, dict[str, Any]], dict[str, Any]]", prepared)


def _model_class(cls: type[TBaseModel]) -> type[TBaseModel]:
    if not is_basemodel_subclass(cls):
        msg = f"{cls!r} is not a model class of pydantic 2."
        raise TypeError(msg)
    return cls


def _with_defaults(cls: type[BaseModel], given: dict[str, Any]) -> dict[str, Any]:
    values = dict(given)
    by_name = bool(cls.model_config.get("populate_by_name"))
    for name, field in cls.model_fields.items():
        if by_name and field.alias in values:
            values[name] = values.pop(field.alias)
        if values.get(name) is None and not field.is_required():
            values[name] = field.get_default(call_default_factory=True)
    return values
