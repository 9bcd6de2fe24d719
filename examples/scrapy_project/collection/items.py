from dataclasses import dataclass, field


@dataclass
class Page:
    url: str
    title: str = ""
    text: str = ""
    file_urls: list[str] = field(default_factory=list)
    files: list[dict[str, str]] = field(default_factory=list)
