BOT_NAME = "collection"
SPIDER_MODULES = ["collection.spiders"]
NEWSPIDER_MODULE = "collection.spiders"

# The one line for the guard.
ADDONS = {"tdm_guard.scrapy.Addon": 500}

# Works that were declared wherever they stand, who has which licence, whom to ask. For the demonstration; name yours.
TDM_GUARD_REPERTOIRE = ["bundled:sacem-2023", "repertoire"]
TDM_GUARD_AUTHORISATIONS = ["licences"]
TDM_GUARD_CONTACTS = ["contacts.toml"]
TDM_GUARD_OPERATOR = {"name": "example-ai", "country": "FR"}

# Who we are: whom sites see, and whose rules are obeyed. Put your own name and address here.
TDM_GUARD_AGENT = "ExampleBot"
USER_AGENT = "ExampleBot/1.0 (+http://example.org/bot)"

# Be polite.
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_TIMEOUT = 30
RETRY_TIMES = 1
DEPTH_LIMIT = 3
TELNETCONSOLE_ENABLED = False

# What is kept: one line per page, and the files that pages show.
FEEDS = {"items.jsonl": {"format": "jsonlines", "overwrite": True}}
FEED_EXPORT_ENCODING = "utf-8"
ITEM_PIPELINES = {"scrapy.pipelines.files.FilesPipeline": 1}
FILES_STORE = "files"
