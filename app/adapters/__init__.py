"""The outside world behind the domains' ports: WeChat, SMS, storage, cache, spreadsheets, paper."""
