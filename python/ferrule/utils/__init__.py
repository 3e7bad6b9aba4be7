"""Small functions of programs around models, under langchain-core's path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.utils.aiter import abatch_iterate as abatch_iterate
    from ferrule.utils.arguments import (
        build_extra_kwargs as build_extra_kwargs,
        get_pydantic_field_names as get_pydantic_field_names,
        xor_args as xor_args,
    )
    from ferrule.utils.env import (
        convert_to_secret_str as convert_to_secret_str,
        from_env as from_env,
        get_from_dict_or_env as get_from_dict_or_env,
        get_from_env as get_from_env,
        secret_from_env as secret_from_env,
    )
    from ferrule.utils.formatting import StrictFormatter as StrictFormatter, formatter as formatter
    from ferrule.utils.input import (
        get_bolded_text as get_bolded_text,
        get_color_mapping as get_color_mapping,
        get_colored_text as get_colored_text,
        print_text as print_text,
    )
    from ferrule.utils.iter import batch_iterate as batch_iterate
    from ferrule.utils.packages import guard_import as guard_import
    from ferrule.utils.pydantic import pre_init as pre_init
    from ferrule.utils.strings import (
        comma_list as comma_list,
        sanitize_for_postgres as sanitize_for_postgres,
        stringify_dict as stringify_dict,
        stringify_value as stringify_value,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".aiter": "abatch_iterate",
            ".arguments": "build_extra_kwargs get_pydantic_field_names xor_args",
            ".env": """
                convert_to_secret_str from_env get_from_dict_or_env
                get_from_env secret_from_env
            """,
            ".formatting": "StrictFormatter formatter",
            ".input": "get_bolded_text get_color_mapping get_colored_text print_text",
            ".iter": "batch_iterate",
            ".packages": "guard_import",
            ".pydantic": "pre_init",
            ".strings": "comma_list sanitize_for_postgres stringify_dict stringify_value",
        },
    )
