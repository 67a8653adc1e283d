// The bot of tests/telegram/test_botapi_clients.py, written with grammY.
// node bot.mjs API_URL TOKEN [SECRET]   with a secret: by webhook, on a free port

import { createServer } from "node:http";
import { Bot, GrammyError, InlineKeyboard, InputFile, InputMediaBuilder, webhookCallback } from "grammy";

const [url, token, secret] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot: url } });
const KINDS = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member"];

async function content(ctx) {
  const file = await ctx.getFile();
  const answer = await fetch(`${url}/file/bot${token}/${file.file_path}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function patiently(send) {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof GrammyError) || error.error_code !== 429) throw error;
      const seconds = error.parameters.retry_after;
      await new Promise((resume) => setTimeout(resume, 1000 * seconds));
    }
  }
}

bot.command("start", async (ctx) => {
  const keyboard = new InlineKeyboard()
    .text("Like", "like:1")
    .url("Gallery", "https://gallery.example/")
    .row()
    .text("Same", "same");
  await ctx.reply(`Welcome, <b>${ctx.from.first_name}</b>: ${ctx.match}`, {
    parse_mode: "HTML",
    reply_markup: keyboard,
  });
});

bot.command("flood", async (ctx) => {
  for (let number = 1; number <= 13; number++) await patiently(() => ctx.reply(`number ${number}`));
});

bot.command("topic", async (ctx) => {
  const topic = await ctx.createForumTopic("Boards");
  await ctx.api.sendMessage(ctx.chat.id, "In the topic", {
    message_thread_id: topic.message_thread_id,
  });
  await ctx.reply("Made");
});

bot.callbackQuery("like:1", async (ctx) => {
  await ctx.answerCallbackQuery({ text: "Thank you", show_alert: true });
  await ctx.editMessageText("Liked");
});

bot.callbackQuery("same", async (ctx) => {
  const { text, entities, reply_markup } = ctx.msg;
  try {
    await ctx.editMessageText(text, { entities, reply_markup });
  } catch (error) {
    await ctx.answerCallbackQuery(error.description.slice(0, 60));
  }
});

bot.on("message:photo", async (ctx) => {
  const bytes = await content(ctx);
  await ctx.react("👀");
  if (ctx.msg.media_group_id) return ctx.reply(`album ${ctx.msg.media_group_id}`);
  const status = await ctx.replyWithPhoto(new InputFile(bytes, "board.jpg"), {
    caption: "Board 1",
    reply_parameters: { message_id: ctx.msg.message_id },
  });
  await ctx.replyWithDocument(new InputFile(bytes, "board.jpg"), { caption: "as it came" });
  await ctx.replyWithMediaGroup([
    InputMediaBuilder.photo(status.photo.at(-1).file_id, { caption: "again" }),
    InputMediaBuilder.photo(new InputFile(bytes, "more.jpg")),
  ]);
  await ctx.api.editMessageCaption(ctx.chat.id, status.message_id, { caption: "Board 1: ready" });
});

bot.on("message:document", async (ctx) => {
  await ctx.reply(`${ctx.msg.document.file_name}: ${(await content(ctx)).length}`);
});

bot.on("edited_message:text", (ctx) => ctx.reply(`You mean: ${ctx.msg.text}`));
bot.on("message_reaction", (ctx) => ctx.reply(`reacted ${ctx.messageReaction.new_reaction[0].emoji}`));
bot.on("message:forward_origin", (ctx) => ctx.reply(`by ${ctx.msg.forward_origin.sender_user.first_name}`));
bot.on("message:sticker", (ctx) => ctx.reply(`sticker ${ctx.msg.sticker.emoji}`));
bot.on("message:contact", (ctx) => ctx.reply("contact"));
bot.on("message:text", (ctx) => ctx.reply(`said ${ctx.msg.text}`));
bot.catch(({ error }) => console.error(error));

if (secret === undefined) {
  process.on("SIGTERM", () => bot.stop());
  await bot.start({ allowed_updates: KINDS });
} else {
  const server = createServer(webhookCallback(bot, "http", { secretToken: secret }));
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
  server.listen(0, "127.0.0.1", async () => {
    const address = `http://127.0.0.1:${server.address().port}/hook`;
    await bot.api.setWebhook(address, { secret_token: secret, allowed_updates: KINDS });
  });
}
