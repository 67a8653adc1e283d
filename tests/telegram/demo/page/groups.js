// What is done with chats as a whole: blocking the bot, making groups, and who is in them.
import { el } from "./dom.js";
import { openForm, openMenu } from "./sheets.js";
import { say } from "./words.js";

/** The menu at the upper end of a phone. */
export function chatMenu(phone, anchor) {
  const own = phone.isInGroup && !phone.isListing ? ofGroup(phone) : ofPerson(phone);
  openMenu(anchor, say("menu"), [
    ...own,
    { label: say("newGroup"), run: () => newGroup(phone) },
  ]);
}

function ofPerson(phone) {
  const { person } = phone;
  if (phone.isListing) return [];
  return [
    person.has_blocked
      ? { label: say("unblock"), run: () => phone.act("comes_back") }
      : { label: say("startWith"), run: () => startWith(phone) },
    person.has_blocked
      ? null
      : { label: say("block"), run: () => phone.act("blocks"), isDangerous: true },
    { label: say("leaveTelegram"), run: () => phone.act("deletes_account"), isDangerous: true },
  ];
}

function ofGroup(phone) {
  const { group, world } = phone;
  const path = `groups/${group.chat_id}`;
  const by = { by: phone.userId };
  const isThere = ["member", "administrator"].includes(group.bot);
  const others = world.state.people.filter((each) => !group.members.includes(each.user_id));
  const order = (label, act, fields = {}, isDangerous = false) => ({
    label,
    isDangerous,
    run: () => phone.order(`${path}/${act}`, { ...by, ...fields }),
  });
  return [
    isThere ? null : order(say("addBot"), "adds_bot"),
    group.bot === "member" ? order(say("promoteBot"), "promotes_bot") : null,
    group.bot === "administrator" ? order(say("demoteBot"), "demotes_bot") : null,
    group.is_forum ? { label: say("newTopic"), run: () => topicMenu(phone) } : null,
    ...others.map((each) => order(say("addPerson", each.name), "joins", { user_id: each.user_id })),
    ...(group.kind === "group"
      ? [
          order(say("migrate"), "migrates"),
          order(say("migrateForum"), "migrates", { is_forum: true }),
        ]
      : []),
    isThere ? order(say("removeBot"), "removes_bot", {}, true) : null,
    order(say("leaveGroup"), "leaves", { user_id: phone.userId }, true),
  ];
}

function startWith(phone) {
  const field = el("label", {}, say("startCode"), el("input", { name: "code", autocomplete: "off" }));
  openForm(say("startWith"), [field], say("start"), (filled) =>
    phone.act("starts", { payload: filled.get("code").trim() }),
  );
}

/** A new topic of the forum that is open. */
export function topicMenu(phone) {
  const name = el("input", { name: "name", required: true, maxlength: "128", autocomplete: "off" });
  openForm(say("newTopic"), [el("label", {}, say("topicName"), name)], say("create"), async (filled) => {
    const fields = { by: phone.userId, name: filled.get("name") };
    const topic = await phone.order(`groups/${phone.chatId}/new_topic`, fields);
    if (topic) phone.open(phone.chatId, topic.thread_id);
  });
}

function newGroup(phone) {
  const choice = (type, name, value, label, isChecked) =>
    el("label", { class: "check" }, el("input", { type, name, value, checked: isChecked }), label);
  const others = phone.world.state.people.filter((each) => each.user_id !== phone.userId);
  const title = el("input", {
    name: "title", required: true, maxlength: "128", autocomplete: "off", value: say("groupNamed"),
  });
  const fields = [
    el("label", {}, say("groupName"), title),
    el(
      "fieldset",
      {},
      el("legend", {}, say("kind")),
      choice("radio", "kind", "group", say("kindGroup"), true),
      choice("radio", "kind", "supergroup", say("kindSupergroup"), false),
      choice("radio", "kind", "forum", say("kindForum"), false),
    ),
    el(
      "fieldset",
      {},
      el("legend", {}, say("who")),
      others.map((each) => choice("checkbox", "member", each.user_id, each.name, true)),
    ),
    choice("checkbox", "bot", "yes", say("withTheBot"), true),
  ];
  openForm(say("newGroup"), fields, say("create"), (filled) => makeGroup(phone, filled));
}

async function makeGroup(phone, filled) {
  const isForum = filled.get("kind") === "forum";
  const group = await phone.order("groups", {
    title: filled.get("title"),
    owner: phone.userId,
    members: filled.getAll("member").map(Number),
    kind: isForum ? "supergroup" : filled.get("kind"),
    is_forum: isForum,
  });
  if (group === null) return;
  phone.world.state.groups.push(group);
  phone.open(group.chat_id);
  if (filled.has("bot")) {
    await phone.order(`groups/${group.chat_id}/adds_bot`, { by: phone.userId });
  }
}
