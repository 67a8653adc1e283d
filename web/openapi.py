"""The description of the REST API, with our problem details in place of the framework's."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.api_models import Problem


def describe(app: FastAPI) -> None:
    """Let the app describe itself; made once, at the first question."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {}) | {"Problem": problem}
            app.openapi_schema = schema
        return app.openapi_schema

    # The way to do it that FastAPI documents; mypy sees a method that is assigned to.
    app.openapi = description  # type: ignore[method-assign]
